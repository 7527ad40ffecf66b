package io.espalier.streams.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.batch.Provenance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rows are windows of the documents' stream: every id but the first is a target once, and provenance covers the row. */
class PackerTest {
    private static final int END = 99;

    private static Provenance line(int i) {
        return new Provenance("a.jsonl", 0, i, i + 1);
    }

    private static Encoded closed(int... ids) {
        int[] closed = Arrays.copyOf(ids, ids.length + 1);
        closed[ids.length] = END;
        return Encoded.of(closed);
    }

    @Test
    void neighbouringRowsShareOneId() {
        Packer packer = new Packer(4, DocumentAttention.SHARED, Unpacked.NONE);
        List<Row> rows = new ArrayList<>(packer.add(closed(1, 2, 3), line(0)));
        rows.addAll(packer.add(closed(4, 5, 6, 7, 8), line(1)));
        assertThat(rows).extracting(Row::ids).containsExactly(new int[] {1, 2, 3, END, 4}, new int[] {4, 5, 6, 7, 8});
        assertThat(rows.get(0).provenance()).containsExactly(new Provenance("a.jsonl", 0, 0, 2));
        assertThat(rows.get(1).provenance()).containsExactly(line(1));
    }

    @Test
    void emptyDocumentsLeaveNoTrace() {
        Packer packer = new Packer(2, DocumentAttention.SHARED, Unpacked.NONE);
        assertThat(packer.add(Encoded.of(new int[0]), line(0))).isEmpty();
        List<Row> rows = packer.add(closed(1, 2), line(1));
        assertThat(rows).hasSize(1);
        assertThat(rows.getFirst().provenance()).containsExactly(line(1));
    }

    @Test
    void rowsAreExactlyTheWindowsOfTheStreamWhateverTheDocuments() {
        long seed = 20;
        Random random = new Random(seed);
        for (int trial = 0; trial < 50; trial++) {
            int seqLength = 1 + random.nextInt(9);
            Packer packer = new Packer(seqLength, DocumentAttention.SHARED, Unpacked.NONE);
            List<Integer> stream = new ArrayList<>();
            List<Integer> owner = new ArrayList<>();
            List<Row> rows = new ArrayList<>();
            for (int d = 0; d < 30; d++) {
                int[] ids = random.ints(random.nextInt(25), 0, 90).toArray();
                for (int id : ids) {
                    stream.add(id);
                    owner.add(d);
                }
                if (ids.length > 0) {
                    stream.add(END);
                    owner.add(d);
                }
                rows.addAll(packer.add(ids.length == 0 ? Encoded.of(ids) : closed(ids), line(d)));
            }
            assertThat(rows).as("seed " + seed).hasSize(Math.max(0, (stream.size() - 1) / seqLength));
            for (int r = 0; r < rows.size(); r++) {
                int from = r * seqLength;
                assertThat(rows.get(r).ids())
                        .containsExactly(
                                stream.subList(from, from + seqLength + 1).toArray(Integer[]::new));
                assertThat(rows.get(r).provenance().getFirst().from()).isEqualTo((long) owner.get(from));
                assertThat(rows.get(r).provenance().getLast().to()).isEqualTo(owner.get(from + seqLength) + 1L);
            }
        }
    }

    @Test
    void ofSeparateDocumentsARowKnowsWhereTheyBeginAndTheFirstIdIsNoTarget() {
        Packer packer = new Packer(4, DocumentAttention.SEPARATE, Unpacked.NONE);
        List<Row> rows = new ArrayList<>(packer.add(closed(1, 2), line(0)));
        rows.addAll(packer.add(closed(3), line(1)));
        rows.addAll(packer.add(closed(4, 5, 6, 7), line(2)));
        assertThat(rows).extracting(Row::ids).containsExactly(new int[] {1, 2, END, 3, END}, new int[] {END, 4, 5, 6, 7
        });
        assertThat(rows).extracting(Row::begins).containsExactly(new int[] {3}, new int[] {1});
        assertThat(rows.get(0).counted()).containsExactly(false, true, true, false, true);
        assertThat(rows.get(1).counted()).containsExactly(true, false, true, true, true);
    }

    @Test
    void aDocumentThatBeginsWithTheLastIdOfARowBeginsTheNextRow() {
        Packer packer = new Packer(3, DocumentAttention.SEPARATE, Unpacked.NONE);
        List<Row> rows = new ArrayList<>(packer.add(closed(1, 2), line(0)));
        rows.addAll(packer.add(closed(3, 4, 5), line(1)));
        assertThat(rows).extracting(Row::ids).containsExactly(new int[] {1, 2, END, 3}, new int[] {3, 4, 5, END});
        assertThat(rows).extracting(row -> row.begins().length).containsExactly(0, 0);
        assertThat(rows.get(0).counted()[3]).isFalse();
    }

    @Test
    void piecesOfOneDocumentAreOneAndSoIsARestThatWasStored() {
        Packer packer = new Packer(4, DocumentAttention.SEPARATE, Unpacked.NONE);
        packer.append(closed(1), line(0));
        packer.append(new Encoded(new int[] {2}, null, false), line(1));
        Unpacked rest = packer.rest();
        Unpacked read = StoredRest.read(
                StoredRest.ids(rest), StoredRest.counts(rest), StoredRest.begins(rest), StoredRest.spans(rest));
        Packer again = new Packer(4, DocumentAttention.SEPARATE, read);
        List<Row> rows = again.add(new Encoded(new int[] {3, END}, null, true), line(1));
        assertThat(rows).extracting(Row::ids).containsExactly(new int[] {1, END, 2, 3, END});
        assertThat(rows.getFirst().begins()).containsExactly(2);
        assertThat(rows.getFirst().counted()).containsExactly(false, true, false, true, true);
    }
}
