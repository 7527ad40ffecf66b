package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** A text file as its single document, a long one in pieces; a piece's offset is its number. */
final class PlainTextReader implements DocumentReader {
    /** Characters without a place to cut that are held in memory. */
    private static final int MAX_UNCUT = 1 << 24;

    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final int READ = 1 << 14;

    private final TextFile file;
    private final StringBuilder text = new StringBuilder();
    private Reader in;
    private boolean ended;
    private boolean done;
    private int piece;

    PlainTextReader(TextFile file) {
        this.file = file;
    }

    @Override
    public Document next() {
        if (done) {
            return null;
        }
        try {
            open();
            int cut = fill(TextCut.PIECE) ? cut() : -1;
            done = cut < 0;
            return take(done ? text.length() : cut);
        } catch (CharacterCodingException e) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    file.path() + ": text is invalid UTF-8 (" + e.getMessage() + "): must be UTF-8",
                    e);
        } catch (IOException e) {
            throw file.unreadable(e);
        }
    }

    private void open() {
        if (in == null) {
            in = new InputStreamReader(
                    file.stream(),
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT));
        }
    }

    /** Whether more than so many characters of the text are left; reads on until that is known. */
    private boolean fill(int characters) throws IOException {
        char[] buffer = new char[READ];
        while (!ended && text.length() <= characters) {
            int read = in.read(buffer);
            ended = read < 0;
            if (read > 0) {
                text.append(buffer, 0, read);
            }
            if (piece == 0 && text.indexOf(BYTE_ORDER_MARK) == 0) {
                text.deleteCharAt(0);
            }
        }
        return text.length() > characters;
    }

    /** The place where the next piece ends; -1 where the rest of the text cannot be cut. */
    private int cut() throws IOException {
        int searched = 0;
        for (int end = TextCut.PIECE; ; end *= 2) {
            int cut = TextCut.last(text, searched, end);
            if (cut >= 0) {
                return cut;
            }
            if (end >= MAX_UNCUT) {
                throw Refused.invalid(
                        file.path(),
                        "text",
                        "over " + MAX_UNCUT + " characters without a space between letters",
                        "must be split into documents: use .jsonl, one a line");
            }
            searched = end - 2;
            if (!fill(2 * end)) {
                return TextCut.last(text, searched, text.length());
            }
        }
    }

    private Document take(int length) {
        Document.Part part = Document.Part.of(piece == 0, done);
        Provenance provenance = new Provenance(file.path().toString(), 0, piece, piece + 1L);
        Document taken = new Document.Text(text.substring(0, length), part, provenance);
        text.delete(0, length);
        piece++;
        if (done) {
            close();
        }
        return taken;
    }

    @Override
    public void close() {
        done = true;
        if (in != null) {
            try {
                in.close();
            } catch (IOException e) {
                throw new UncheckedIOException(file.path().toString(), e);
            } finally {
                in = null;
            }
        }
    }
}
