package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.Sequence;
import io.espalier.streams.source.TextFile;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Text of files, over and over, each document in pieces of a length. */
final class FileDomain implements TextDomain {
    private final List<TextFile> files;
    private final ReadSettings reading;
    private final int longest;
    private final Deque<String> pieces = new ArrayDeque<>();
    private Sequence open;
    /** The number of the piece that comes next, within this pass over the files. */
    private long at;
    /** Pieces of one pass; 0 while no pass has been to the end. */
    private long count;
    /** The number of the record that comes next. */
    private long next;

    /** @param longest characters of a piece */
    FileDomain(List<TextFile> files, ReadSettings reading, int longest) {
        this.files = files;
        this.reading = reading;
        this.longest = longest;
    }

    @Override
    public String record(long ordinal) {
        if (ordinal != next) {
            seek(ordinal);
        }
        next = ordinal + 1;
        return piece();
    }

    /** Forwards where that can be: a whole pass further is the same place. */
    private void seek(long ordinal) {
        long left = ordinal - next;
        if (left < 0) {
            rewind();
            left = ordinal;
        }
        while (left > 0) {
            if (count > 0 && left >= count) {
                left %= count;
            } else {
                piece();
                left--;
            }
        }
    }

    private String piece() {
        while (pieces.isEmpty()) {
            if (open == null) {
                open = new Sequence(files, reading);
            }
            Document document = open.next();
            if (document == null) {
                endOfPass();
            } else {
                cut(document);
            }
        }
        at++;
        return pieces.poll();
    }

    private void endOfPass() {
        if (at == 0) {
            throw Refused.invalid(
                    files.stream().map(TextFile::path).toList(), "text", "empty", "must hold at least one word");
        }
        count = at;
        rewind();
    }

    private void rewind() {
        close();
        pieces.clear();
        at = 0;
    }

    /** Cuts a document into pieces, at white space where there is any. */
    private void cut(Document document) {
        if (!(document instanceof Document.Text given)) {
            throw Refused.invalid(document.where(), "record", "no text", "must be text, to be given as a stream");
        }
        String text = given.text();
        int from = 0;
        while (from < text.length()) {
            int to = Math.min(text.length(), from + longest);
            if (to < text.length()) {
                int space = text.lastIndexOf(' ', to);
                to = space > from ? space : Character.isLowSurrogate(text.charAt(to)) ? to - 1 : to;
            }
            String piece = text.substring(from, Math.max(to, from + 1)).strip();
            from = Math.max(to, from + 1);
            if (!piece.isEmpty()) {
                pieces.add(piece);
            }
        }
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
