package io.espalier.streams.batch;

import io.espalier.gpu.Refused;
import io.espalier.streams.chat.Template;
import io.espalier.streams.source.Document;
import java.time.Clock;
import java.time.ZoneId;
import java.util.Arrays;

/**
 * Turns documents into the ids that are packed: text is tokenised and closed by end-of-text, ids stay as they are, of a
 * conversation the assistant's turns alone count. Safe for several threads.
 */
public final class DocumentEncoder {
    private final Tokenizer tokenizer;
    private final int vocabSize;
    private ChatFormat chatFormat;

    /** @param vocabSize of the model that will read the ids */
    public DocumentEncoder(Tokenizer tokenizer, int vocabSize) {
        this.tokenizer = tokenizer;
        this.vocabSize = vocabSize;
    }

    /** The ids of a document; none where its text has no token. */
    public Encoded encode(Document document) {
        Encoded encoded = switch (document) {
            case Document.Text text -> new Encoded(text(text), null, text.continues());
            case Document.Ids made -> Encoded.of(made.ids());
            case Document.Chat chat -> conversation(chat);
            case Document.Answered answered -> answered(answered);
        };
        requireKnown(encoded.ids(), document);
        return encoded;
    }

    /** Encodes a text or a piece of one; the last piece of a long text closes it. */
    private int[] text(Document.Text text) {
        return switch (text.part()) {
            case WHOLE -> closed(tokenizer.encode(text.text()));
            case FIRST -> tokenizer.encodePiece(text.text(), false);
            case MIDDLE -> tokenizer.encodePiece(text.text(), true);
            case LAST -> closed(tokenizer.encodePiece(text.text(), true));
        };
    }

    /** Text without a token leaves no trace, not even its end. */
    private int[] closed(int[] ids) {
        if (ids.length == 0) {
            return ids;
        }
        int[] closed = Arrays.copyOf(ids, ids.length + 1);
        closed[ids.length] = tokenizer.endOfText();
        return closed;
    }

    /** A turn has every id of which a character is its. */
    private Encoded conversation(Document.Chat chat) {
        ChatFormat.Written written = chatFormat().write(chat);
        Spans spans = tokenizer.spans(written.text());
        boolean[] counted = new boolean[spans.ids().length];
        for (Template.Range turn : written.turns()) {
            Arrays.fill(counted, spans.first(turn.from()), spans.end(turn.to()), true);
        }
        return new Encoded(spans.ids(), counted);
    }

    /** The answer and the end of the text. */
    private Encoded answered(Document.Answered document) {
        Spans spans = tokenizer.spans(document.prompt() + document.answer());
        int[] ids = closed(spans.ids());
        boolean[] counted = new boolean[ids.length];
        Arrays.fill(counted, spans.first(document.prompt().length()), ids.length, true);
        return new Encoded(ids, counted);
    }

    /** Read when a conversation asks for it: text needs none. */
    private synchronized ChatFormat chatFormat() {
        if (chatFormat == null) {
            chatFormat = ChatFormat.read(
                    tokenizer.file().toAbsolutePath().getParent(), Clock.system(ZoneId.systemDefault()));
        }
        return chatFormat;
    }

    private void requireKnown(int[] ids, Document document) {
        for (int id : ids) {
            if (id >= vocabSize) {
                throw Refused.invalid(
                        document.where(),
                        "token id",
                        id,
                        "must be below the model's vocab_size " + vocabSize + ": is " + tokenizer.file()
                                + " its tokenizer?");
            }
        }
    }
}
