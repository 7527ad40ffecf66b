package io.espalier.gpu.eval;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.KeyValueCache;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/** Continues prompts of equal length, row by row, with a cache of keys and values. */
public final class Generator implements AutoCloseable {
    private final Torch torch;
    private final Evaluator.Loaded loaded;
    private final KeyValueCache cache;
    private final int rows;
    private float[] logits;

    /** @param capacity positions of prompt and continuation together */
    public Generator(Torch torch, Evaluator.Loaded loaded, int rows, int capacity) {
        this.torch = torch;
        this.loaded = loaded;
        this.rows = rows;
        this.cache = new KeyValueCache(torch, loaded.model().config(), rows, capacity);
    }

    /** Takes in the next ids of every row ({@code rows × count}, row after row). */
    public void feed(int[] ids) {
        ModelConfig config = loaded.model().config();
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
                throw Refused.invalid("prompt", "token id", ids[i], "must be in [0, " + config.vocabSize() + ")");
            }
            wide[i] = ids[i];
        }
        try (Scope scope = torch.inference()) {
            NDArray hidden = loaded.model().hidden(scope, scope.ids(wide, rows), loaded.weights(), cache);
            NDArray head = loaded.weights().get(loaded.model().headName());
            logits = scope.run("last_logits", hidden, head).head().toFloatArray();
        }
    }

    /** The next id of each row by the logits after what was fed last. */
    public int[] next(Sampling sampling, RandomGenerator random) {
        int vocabulary = loaded.model().config().vocabSize();
        int[] ids = new int[rows];
        for (int r = 0; r < rows; r++) {
            ids[r] = sampling.choose(logits, r * vocabulary, vocabulary, random);
        }
        return ids;
    }

    /** Writes one row until {@code stop} accepts an id or {@code limit} ids are out; each id is handed out at once. */
    public void write(
            int[] prompt, int limit, Sampling sampling, RandomGenerator random, IntPredicate stop, TokenSink sink) {
        feed(prompt);
        for (int i = 0; i < limit; i++) {
            int[] id = next(sampling, random);
            if (stop.test(id[0])) {
                return;
            }
            sink.accept(id[0]);
            if (i + 1 < limit) {
                feed(id);
            }
        }
    }

    /** Receives a continuation as it is written. */
    @FunctionalInterface
    public interface TokenSink {
        void accept(int id);
    }

    @Override
    public void close() {
        cache.close();
    }
}
