package io.espalier.gpu.eval;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.Refused;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.model.KeyValueCache;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * The likelihood that a model gives to continuations of contexts. A beginning that all contexts share is computed once, a context once
 * for all of its continuations, and contexts of equal length together; only the last pass is padded, behind its rows.
 */
public final class Continuations {
    /** A context and what may follow it, in token ids; neither is empty. */
    public record Request(int[] context, int[] continuation) {
        public Request {
            if (context.length == 0 || continuation.length == 0) {
                throw new IllegalArgumentException("a context or a continuation is empty");
            }
        }
    }

    /**
     * A context without its last token, and the rows of the last pass that begin behind it: that token and a continuation
     * without its last one. Continuations of one token share a row.
     *
     * @param requests that each row answers, by their numbers
     */
    private record Stem(int[] ids, Map<IntBuffer, List<Integer>> requests) {
        int rows() {
            return requests.size();
        }
    }

    private final Torch torch;
    private final ChunkedHead chunks;
    private final Evaluator.Loaded loaded;
    private final int rows;

    /** @param rows of one pass, except where a single context has more continuations */
    public Continuations(Torch torch, ChunkedHead chunks, Evaluator.Loaded loaded, int rows) {
        this.torch = torch;
        this.chunks = chunks;
        this.loaded = loaded;
        this.rows = rows;
    }

    /**
     * Log-likelihood of each continuation after its context, nats.
     *
     * @param onScored called with the number of requests that are answered
     */
    public double[] logLikelihoods(List<Request> requests, LongConsumer onScored) {
        double[] found = new double[requests.size()];
        List<Stem> stems = stems(requests);
        int shared = shared(stems);
        long scored = 0;
        try (KeyValueCache prefix = new KeyValueCache(torch, config(), 1, Math.max(1, shared))) {
            if (shared > 0) {
                feed(prefix, Arrays.copyOf(stems.getFirst().ids, shared), 1);
            }
            for (List<Stem> batch : batches(stems)) {
                score(batch, prefix, requests, found);
                scored += batch.stream()
                        .flatMap(stem -> stem.requests.values().stream())
                        .mapToLong(List::size)
                        .sum();
                onScored.accept(scored);
            }
        }
        return found;
    }

    private ModelConfig config() {
        return loaded.model().config();
    }

    /** The longest first: what does not fit a device fails at once. */
    private static List<Stem> stems(List<Request> requests) {
        Map<IntBuffer, Stem> stems = new LinkedHashMap<>();
        for (int r = 0; r < requests.size(); r++) {
            int[] context = requests.get(r).context;
            int[] continuation = requests.get(r).continuation;
            int[] head = Arrays.copyOf(context, context.length - 1);
            int[] row = new int[continuation.length];
            row[0] = context[context.length - 1];
            System.arraycopy(continuation, 0, row, 1, continuation.length - 1);
            stems.computeIfAbsent(IntBuffer.wrap(head), _ -> new Stem(head, new LinkedHashMap<>()))
                    .requests
                    .computeIfAbsent(IntBuffer.wrap(row), _ -> new ArrayList<>())
                    .add(r);
        }
        return stems.values().stream()
                .sorted(Comparator.comparingInt((Stem stem) -> -stem.ids.length))
                .toList();
    }

    /** Tokens that all stems begin with. */
    private static int shared(List<Stem> stems) {
        int shared = stems.isEmpty() ? 0 : stems.getLast().ids.length;
        for (Stem stem : stems) {
            int differs = Arrays.mismatch(stem.ids, 0, shared, stems.getLast().ids, 0, shared);
            shared = differs < 0 ? shared : differs;
        }
        return shared;
    }

    private List<List<Stem>> batches(List<Stem> stems) {
        List<List<Stem>> batches = new ArrayList<>();
        int filled = 0;
        for (Stem stem : stems) {
            boolean fits = !batches.isEmpty()
                    && batches.getLast().getFirst().ids.length == stem.ids.length
                    && filled + stem.rows() <= rows;
            if (!fits) {
                batches.add(new ArrayList<>());
                filled = 0;
            }
            batches.getLast().add(stem);
            filled += stem.rows();
        }
        return batches;
    }

    private void score(List<Stem> batch, KeyValueCache prefix, List<Request> requests, double[] found) {
        int length = batch.getFirst().ids.length;
        int rest = length - prefix.length();
        int longest = 0;
        List<Integer> owners = new ArrayList<>();
        int[] heads = new int[batch.size() * rest];
        for (int s = 0; s < batch.size(); s++) {
            Stem stem = batch.get(s);
            System.arraycopy(stem.ids, prefix.length(), heads, s * rest, rest);
            for (IntBuffer row : stem.requests.keySet()) {
                owners.add(s);
                longest = Math.max(longest, row.capacity());
            }
        }
        int[] owner = owners.stream().mapToInt(Integer::intValue).toArray();
        try (KeyValueCache stems = prefix.spread(torch, config(), new int[batch.size()], Math.max(1, length))) {
            if (rest > 0) {
                feed(stems, heads, batch.size());
            }
            try (KeyValueCache tails = stems.spread(torch, config(), owner, length + longest)) {
                tails(batch, longest, tails, requests, found);
            }
        }
    }

    /** Adds the log-probabilities of all tokens of the continuations. */
    private void tails(List<Stem> batch, int longest, KeyValueCache cache, List<Request> requests, double[] found) {
        List<int[]> padded = new ArrayList<>();
        List<Integer> asked = new ArrayList<>();
        List<Long> positions = new ArrayList<>();
        List<Long> targets = new ArrayList<>();
        for (Stem stem : batch) {
            stem.requests.forEach((row, those) -> {
                long first = (long) padded.size() * longest;
                padded.add(Arrays.copyOf(row.array(), longest));
                for (int request : those) {
                    int[] continuation = requests.get(request).continuation;
                    for (int i = 0; i < continuation.length; i++) {
                        asked.add(request);
                        positions.add(first + i);
                        targets.add((long) valid(continuation[i]));
                    }
                }
            });
        }
        int[] ids = padded.stream().flatMapToInt(Arrays::stream).toArray();
        try (Scope scope = torch.inference()) {
            NDArray all = scope.flatten(hidden(scope, cache, ids, padded.size()));
            NDArray hidden =
                    scope.run("take_rows", all, column(scope, positions)).head();
            NDArray head = loaded.weights().get(loaded.model().headName());
            float[] losses = chunks.tokenLosses(scope, hidden, head, column(scope, targets));
            for (int i = 0; i < losses.length; i++) {
                found[asked.get(i)] -= losses[i];
            }
        }
    }

    private static NDArray column(Scope scope, List<Long> values) {
        return scope.ids(values.stream().mapToLong(Long::longValue).toArray(), 1)
                .flatten();
    }

    private void feed(KeyValueCache cache, int[] ids, int count) {
        try (Scope scope = torch.inference()) {
            hidden(scope, cache, ids, count);
        }
    }

    private NDArray hidden(Scope scope, KeyValueCache cache, int[] ids, int count) {
        long[] wide = Arrays.stream(ids).mapToLong(this::valid).toArray();
        return loaded.model().hidden(scope, scope.ids(wide, count), loaded.weights(), cache);
    }

    private int valid(int id) {
        if (id < 0 || id >= config().vocabSize()) {
            throw Refused.invalid("context", "token id", id, "must be in [0, " + config().vocabSize() + ")");
        }
        return id;
    }
}
