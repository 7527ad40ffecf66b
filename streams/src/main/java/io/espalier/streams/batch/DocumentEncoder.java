package io.espalier.streams.batch;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.Document;
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
            case Document.Text text -> Encoded.of(closed(tokenizer.encode(text.text())));
            case Document.Ids made -> Encoded.of(made.ids());
            case Document.Chat chat -> conversation(chat);
        };
        requireKnown(encoded.ids(), document);
        return encoded;
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

    /** Ids of the whole; a turn begins with the first id that the text before it does not have. */
    private Encoded conversation(Document.Chat chat) {
        ChatFormat.Written written = chatFormat().write(chat);
        int[] ids = tokenizer.encode(written.text());
        boolean[] counted = new boolean[ids.length];
        for (ChatFormat.Turn turn : written.turns()) {
            int from = sharedIds(ids, written.text().substring(0, turn.from()));
            int to = sharedIds(ids, written.text().substring(0, turn.to()));
            Arrays.fill(counted, from, to, true);
        }
        return new Encoded(ids, counted);
    }

    private int sharedIds(int[] ids, String beginning) {
        int differs = Arrays.mismatch(ids, tokenizer.encode(beginning));
        return differs < 0 ? ids.length : differs;
    }

    /** Read when a conversation asks for it: text needs none. */
    private synchronized ChatFormat chatFormat() {
        if (chatFormat == null) {
            chatFormat = ChatFormat.read(tokenizer.file().toAbsolutePath().getParent());
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
