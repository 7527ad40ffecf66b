package io.espalier.streams.batch;

import io.espalier.gpu.batch.Cursor;
import io.espalier.proto.state.FilePosition;
import io.espalier.streams.source.BlendPosition;
import java.util.stream.Collectors;

/**
 * The place where training text goes on: the beginning of a block of shuffled rows, and how many of its rows are taken.
 * The block is read again to go on there, and nothing more.
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
    public static TextPosition epoch(long epoch, int files) {
        return new TextPosition(epoch, 0, BlendPosition.start(files), Unpacked.NONE, 0);
    }

    TextPosition after(long rows) {
        return new TextPosition(epoch, block, blend, rest, rows);
    }

    /** The position at which its block begins. */
    public TextPosition blockStart() {
        return after(0);
    }

    /** The form in which checkpoints store the position. */
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
                .addAllRest(StoredRest.ids(rest))
                .addAllRestCounts(StoredRest.counts(rest))
                .addAllRestBegins(StoredRest.begins(rest))
                .addAllSpans(StoredRest.spans(rest))
                .setRowsTaken(rowsTaken)
                .build();
    }

    /** Reads the form that {@link #stored} gives. */
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
                StoredRest.read(
                        stored.getRestList(),
                        stored.getRestCountsList(),
                        stored.getRestBeginsList(),
                        stored.getSpansList()),
                stored.getRowsTaken());
    }
}
