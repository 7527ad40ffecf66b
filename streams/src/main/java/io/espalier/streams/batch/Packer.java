package io.espalier.streams.batch;

import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.batch.Unpacked.Span;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Cuts a stream of documents into rows of seqLength + 1 ids with stride seqLength: neighbouring rows share one id, so
 * that every id but the first is a target once. No padding; what does not fill a last row is left over, and a row of
 * which no target counts is left out. Where documents are separate, the first id of one counts no more than that of the
 * stream, and what a row holds of a document that began in the row before is a document to it.
 */
public final class Packer {
    private final int rowLength;
    private final boolean separate;
    private final Deque<Span> spans = new ArrayDeque<>();
    private int[] buffer;
    private boolean[] counted;
    private boolean[] begins;
    private int filled;
    /** The place in the buffer at which the next row begins. */
    private int start;

    /** @param rest what an earlier packer was left with */
    public Packer(int seqLength, DocumentAttention documents, Unpacked rest) {
        this.rowLength = seqLength + 1;
        this.separate = documents == DocumentAttention.SEPARATE;
        this.buffer = Arrays.copyOf(rest.ids(), Math.max(rest.ids().length, rowLength * 2));
        this.counted = Arrays.copyOf(rest.counted(), buffer.length);
        this.begins = Arrays.copyOf(rest.begins(), buffer.length);
        this.filled = rest.ids().length;
        this.spans.addAll(rest.spans());
    }

    /** Takes in a document; gives the rows that it completes. */
    List<Row> add(Encoded document, Provenance provenance) {
        append(document, provenance);
        List<Row> complete = new ArrayList<>();
        for (Row row = next(); row != null; row = next()) {
            complete.add(row);
        }
        return complete;
    }

    /** Takes in a document, of which {@link #next} gives the rows. */
    public void append(Encoded document, Provenance provenance) {
        int length = document.ids().length;
        if (length == 0) {
            return;
        }
        compact();
        reserve(length);
        System.arraycopy(document.ids(), 0, buffer, filled, length);
        if (document.counted() == null) {
            Arrays.fill(counted, filled, filled + length, true);
        } else {
            System.arraycopy(document.counted(), 0, counted, filled, length);
        }
        Arrays.fill(begins, filled, filled + length, false);
        if (separate && !document.continues()) {
            begins[filled] = true;
            counted[filled] = false;
        }
        filled += length;
        spans.add(new Span(provenance, length));
    }

    /** The next row that is full; null where what is left does not fill one. */
    public Row next() {
        while (filled - start >= rowLength) {
            Row row = new Row(
                    Arrays.copyOfRange(buffer, start, start + rowLength),
                    Arrays.copyOfRange(counted, start, start + rowLength),
                    begins(),
                    provenances());
            start += rowLength - 1;
            if (row.teaches()) {
                return row;
            }
        }
        return null;
    }

    /** The beginnings inside the next row: its own first id says nothing, and its last id is no input. */
    private int[] begins() {
        return IntStream.range(1, rowLength - 1).filter(i -> begins[start + i]).toArray();
    }

    /** The ids that have not been given as rows. */
    public Unpacked rest() {
        return new Unpacked(
                Arrays.copyOfRange(buffer, start, filled),
                Arrays.copyOfRange(counted, start, filled),
                Arrays.copyOfRange(begins, start, filled),
                List.copyOf(spans));
    }

    /** Rows are cut where they lie; what they leave moves to the front when more is to come. */
    private void compact() {
        System.arraycopy(buffer, start, buffer, 0, filled - start);
        System.arraycopy(counted, start, counted, 0, filled - start);
        System.arraycopy(begins, start, begins, 0, filled - start);
        filled -= start;
        start = 0;
    }

    private void reserve(int more) {
        int needed = Math.addExact(filled, more);
        if (needed > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(needed, Math.multiplyExact(buffer.length, 2)));
            counted = Arrays.copyOf(counted, buffer.length);
            begins = Arrays.copyOf(begins, buffer.length);
        }
    }

    /** The records of the next row, neighbours merged; forgets all but the id that the following row shares. */
    private List<Provenance> provenances() {
        List<Provenance> touched = new ArrayList<>();
        int left = rowLength;
        while (left > 0) {
            Span span = spans.poll();
            merge(touched, span.provenance());
            int taken = Math.min(left, span.ids());
            left -= taken;
            int kept = span.ids() - taken + (left == 0 ? 1 : 0);
            if (kept > 0) {
                spans.addFirst(new Span(span.provenance(), kept));
            }
        }
        return List.copyOf(touched);
    }

    private static void merge(List<Provenance> list, Provenance next) {
        Provenance last = list.isEmpty() ? null : list.getLast();
        if (last != null
                && last.source().equals(next.source())
                && last.partition() == next.partition()
                && last.to() == next.from()) {
            list.set(list.size() - 1, new Provenance(last.source(), last.partition(), last.from(), next.to()));
        } else {
            list.add(next);
        }
    }
}
