package io.espalier.streams.batch;

import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.batch.Unpacked.Span;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a stream of documents, each closed by end-of-text, into rows of seqLength + 1 ids with stride seqLength:
 * neighbouring rows share one id, so that every id but the first is a target once. No padding; what does not fill a last
 * row is left over.
 */
final class Packer {
    private final int rowLength;
    private final int endOfText;
    private final Deque<Span> spans = new ArrayDeque<>();
    private int[] buffer;
    private int filled;

    /** @param rest what an earlier packer was left with */
    Packer(int seqLength, int endOfText, Unpacked rest) {
        this.rowLength = seqLength + 1;
        this.endOfText = endOfText;
        this.buffer = Arrays.copyOf(rest.ids(), Math.max(rest.ids().length, rowLength * 2));
        this.filled = rest.ids().length;
        this.spans.addAll(rest.spans());
    }

    /** Takes in a document; gives the rows that it completes. */
    List<Row> add(int[] ids, Provenance provenance) {
        if (ids.length == 0) {
            return List.of();
        }
        reserve(ids.length + 1);
        System.arraycopy(ids, 0, buffer, filled, ids.length);
        buffer[filled + ids.length] = endOfText;
        filled += ids.length + 1;
        spans.add(new Span(provenance, ids.length + 1));
        List<Row> complete = new ArrayList<>();
        int start = 0;
        while (filled - start >= rowLength) {
            int[] row = Arrays.copyOfRange(buffer, start, start + rowLength);
            complete.add(new Row(row, provenances()));
            start += rowLength - 1;
        }
        System.arraycopy(buffer, start, buffer, 0, filled - start);
        filled -= start;
        return complete;
    }

    /** What is left over. */
    Unpacked rest() {
        return new Unpacked(Arrays.copyOf(buffer, filled), List.copyOf(spans));
    }

    private void reserve(int more) {
        int needed = Math.addExact(filled, more);
        if (needed > buffer.length) {
            buffer = Arrays.copyOf(buffer, Math.max(needed, Math.multiplyExact(buffer.length, 2)));
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
