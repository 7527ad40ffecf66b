package io.espalier.streams.batch;

import io.espalier.gpu.batch.Cursor;
import io.espalier.gpu.batch.Provenance;
import io.espalier.proto.state.FilePosition;
import io.espalier.proto.state.Span;
import io.espalier.streams.source.BlendPosition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where training text goes on: the beginning of a block of shuffled rows, and how many of its rows are taken. To go on
 * there a block is read again, no more.
 *
 * @param epoch passes over the text before
 * @param block number of the block in its epoch
 * @param blend how far the files had been read when the block began
 * @param rest ids that had been read and not packed
 * @param rowsTaken rows of the block, in its shuffled order
 */
public record TextPosition(long epoch, long block, BlendPosition blend, Unpacked rest, long rowsTaken)
        implements Cursor {
    /** The beginning of an epoch. */
    static TextPosition epoch(long epoch, int files) {
        return new TextPosition(epoch, 0, BlendPosition.start(files), Unpacked.NONE, 0);
    }

    TextPosition after(long rows) {
        return new TextPosition(epoch, block, blend, rest, rows);
    }

    /** Where its block begins. */
    public TextPosition blockStart() {
        return after(0);
    }

    /** As it is stored. */
    public io.espalier.proto.state.TextPosition stored() {
        return io.espalier.proto.state.TextPosition.newBuilder()
                .setEpoch(epoch)
                .setBlock(block)
                .setDraws(blend.draws())
                .addAllFiles(blend.files().stream()
                        .map(file -> FilePosition.newBuilder()
                                .setDocuments(file.documents())
                                .setCharacters(file.characters())
                                .setPassed(file.passed())
                                .setEnded(file.ended())
                                .build())
                        .toList())
                .addAllRest(Arrays.stream(rest.ids()).boxed().toList())
                .addAllRestCounts(stored(rest.counted()))
                .addAllSpans(rest.spans().stream()
                        .map(span -> Span.newBuilder()
                                .setSource(span.provenance().source())
                                .setPartition(span.provenance().partition())
                                .setFrom(span.provenance().from())
                                .setTo(span.provenance().to())
                                .setIds(span.ids())
                                .build())
                        .toList())
                .setRowsTaken(rowsTaken)
                .build();
    }

    /** From what {@link #stored} gave. */
    public static TextPosition of(io.espalier.proto.state.TextPosition stored) {
        return new TextPosition(
                stored.getEpoch(),
                stored.getBlock(),
                new BlendPosition(
                        stored.getDraws(),
                        stored.getFilesList().stream()
                                .map(f -> new BlendPosition.FilePosition(
                                        f.getDocuments(), f.getCharacters(), f.getPassed(), f.getEnded()))
                                .collect(Collectors.toList())),
                new Unpacked(
                        stored.getRestList().stream()
                                .mapToInt(Integer::intValue)
                                .toArray(),
                        counted(stored.getRestCountsList(), stored.getRestCount()),
                        stored.getSpansList().stream()
                                .map(s -> new Unpacked.Span(
                                        new Provenance(s.getSource(), s.getPartition(), s.getFrom(), s.getTo()),
                                        s.getIds()))
                                .collect(Collectors.toList())),
                stored.getRowsTaken());
    }

    /** Nothing where all count, which is so of all but conversations. */
    private static List<Boolean> stored(boolean[] counted) {
        List<Boolean> each = new ArrayList<>();
        for (boolean counts : counted) {
            each.add(counts);
        }
        return each.contains(false) ? each : List.of();
    }

    private static boolean[] counted(List<Boolean> stored, int ids) {
        boolean[] counted = new boolean[ids];
        for (int i = 0; i < ids; i++) {
            counted[i] = stored.isEmpty() || stored.get(i);
        }
        return counted;
    }
}
