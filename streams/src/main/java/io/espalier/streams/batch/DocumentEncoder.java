package io.espalier.streams.batch;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.Document;
import java.util.Arrays;

/** Turns documents into the ids that are packed: text is tokenised and closed by end-of-text, ids stay as they are. */
final class DocumentEncoder {
    private final Tokenizer tokenizer;
    private final int vocabSize;

    /** @param vocabSize of the model that will read the ids */
    DocumentEncoder(Tokenizer tokenizer, int vocabSize) {
        this.tokenizer = tokenizer;
        this.vocabSize = vocabSize;
    }

    Encoded encode(Document document) {
        Encoded encoded = switch (document) {
            case Document.Text text -> Encoded.of(closed(tokenizer.encode(text.text())));
            case Document.Ids made -> Encoded.of(made.ids());
            case Document.Chat chat ->
                throw Refused.invalid(chat.provenance(), "messages", "a conversation", "must be text");
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

    private void requireKnown(int[] ids, Document document) {
        for (int id : ids) {
            if (id >= vocabSize) {
                throw Refused.invalid(
                        document.provenance(),
                        "token id",
                        id,
                        "must be below the model's vocab_size " + vocabSize + ": is " + tokenizer.file()
                                + " its tokenizer?");
            }
        }
    }
}
