package io.espalier.streams.batch;

import io.espalier.gpu.batch.Provenance;
import io.espalier.proto.state.Span;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Unpacked ids as the positions of streams store them. */
public final class StoredRest {
    private StoredRest() {}

    public static List<Integer> ids(Unpacked rest) {
        return Arrays.stream(rest.ids()).boxed().toList();
    }

    /** Nothing where all count, which is so of all but conversations. */
    public static List<Boolean> counts(Unpacked rest) {
        List<Boolean> each = new ArrayList<>();
        for (boolean counts : rest.counted()) {
            each.add(counts);
        }
        return each.contains(false) ? each : List.of();
    }

    /** The places at which documents begin that do not see those before. */
    public static List<Integer> begins(Unpacked rest) {
        return IntStream.range(0, rest.ids().length)
                .filter(i -> rest.begins()[i])
                .boxed()
                .toList();
    }

    public static List<Span> spans(Unpacked rest) {
        return rest.spans().stream()
                .map(span -> Span.newBuilder()
                        .setSource(span.provenance().source())
                        .setPartition(span.provenance().partition())
                        .setFrom(span.provenance().from())
                        .setTo(span.provenance().to())
                        .setIds(span.ids())
                        .build())
                .toList();
    }

    /** Reads the forms that the other methods give. */
    public static Unpacked read(List<Integer> ids, List<Boolean> counts, List<Integer> begins, List<Span> spans) {
        boolean[] counted = new boolean[ids.size()];
        boolean[] begin = new boolean[ids.size()];
        begins.forEach(at -> begin[at] = true);
        for (int i = 0; i < counted.length; i++) {
            counted[i] = counts.isEmpty() || counts.get(i);
        }
        return new Unpacked(
                ids.stream().mapToInt(Integer::intValue).toArray(),
                counted,
                begin,
                spans.stream()
                        .map(s -> new Unpacked.Span(
                                new Provenance(s.getSource(), s.getPartition(), s.getFrom(), s.getTo()), s.getIds()))
                        .toList());
    }
}
