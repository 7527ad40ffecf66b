package io.espalier.streams.batch;

import io.espalier.streams.source.BlendPosition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Shuffles the rows of one epoch block by block: while one block fills, the one before it leaves, in step. A block ends
 * with the document that fills it, so that its beginning is a short position; its order depends on the seed, its
 * number and the epoch's order alone, so that it can be had again.
 */
final class BlockShuffle {
    private final int blockRows;
    private final long seed;
    private final long order;
    private TextPosition start;
    private List<Row> filling = new ArrayList<>();
    private final List<Row> leaving = new ArrayList<>();
    private int left;

    /**
     * @param blockRows rows that fill a block
     * @param order of the epoch: epochs of the same order are shuffled the same
     * @param start of the first block
     */
    BlockShuffle(int blockRows, long seed, long order, TextPosition start) {
        this.blockRows = blockRows;
        this.seed = seed;
        this.order = order;
        this.start = start;
    }

    /**
     * Takes in the rows that a document completed; gives rows that leave.
     *
     * @param blend how far the files have been read with it
     * @param rest what it left unpacked
     */
    List<Row> add(List<Row> rows, BlendPosition blend, Supplier<Unpacked> rest) {
        filling.addAll(rows);
        if (filling.size() < blockRows) {
            return take(rows.size());
        }
        List<Row> out = take(leaving.size() - left);
        turn();
        start = new TextPosition(start.epoch(), start.block() + 1, blend, rest.get(), 0);
        return out;
    }

    /** The epoch ends: all that is left leaves. */
    List<Row> end() {
        List<Row> out = new ArrayList<>(take(leaving.size() - left));
        turn();
        out.addAll(take(leaving.size()));
        return out;
    }

    private List<Row> take(int count) {
        int end = Math.min(leaving.size(), left + count);
        List<Row> out = List.copyOf(leaving.subList(left, end));
        left = end;
        return out;
    }

    private void turn() {
        RandomGenerator random =
                RandomGeneratorFactory.of("L64X128MixRandom").create(seed + 31 * (start.block() + 1_000_003 * order));
        Collections.shuffle(filling, random);
        leaving.clear();
        for (int i = 0; i < filling.size(); i++) {
            leaving.add(filling.get(i).followedBy(start.after(i + 1)));
        }
        left = 0;
        filling = new ArrayList<>();
    }
}
