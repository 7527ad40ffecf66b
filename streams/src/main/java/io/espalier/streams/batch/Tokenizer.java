package io.espalier.streams.batch;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.SpecialTokens;
import io.espalier.gpu.checkpoint.TokenizerJson;
import io.espalier.streams.source.TextCut;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A model's tokenizer.json. Nothing is added, cut or padded: ids are those of the text alone. Safe for several threads.
 */
public final class Tokenizer implements AutoCloseable {
    private static final Map<String, String> TEXT_ALONE = Map.of(
            "addSpecialTokens",
            "false",
            "truncation",
            "false",
            "padding",
            "false",
            "maxLength",
            "" + Integer.MAX_VALUE);

    /** A text whose ids show what is put before any. */
    private static final String PROBE = "a";

    private final Path file;
    private final HuggingFaceTokenizer tokenizer;
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private boolean closed;
    private final int endOfText;
    private final int vocabSize;
    private final String digest;
    private final SafeCuts cuts;

    private Tokenizer(TokenizerJson json, HuggingFaceTokenizer tokenizer, int endOfText) {
        this.file = json.file();
        this.tokenizer = tokenizer;
        this.endOfText = endOfText;
        this.vocabSize = json.vocabSize();
        this.digest = json.identity().digest();
        this.cuts = SafeCuts.of(json);
    }

    /** Opens the tokenizer of a model directory. */
    public static Tokenizer open(Path modelDirectory) {
        TokenizerJson json = TokenizerJson.read(modelDirectory);
        Path file = json.file();
        System.setProperty("OPT_OUT_TRACKING", "true");
        try {
            HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(json.content(), TEXT_ALONE);
            return new Tokenizer(json, tokenizer, endOfText(modelDirectory, tokenizer));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        } catch (RuntimeException e) {
            if (e instanceof Refused) {
                throw e;
            }
            throw new Refused(Refused.Reason.VALIDATION, file + ": content: " + e.getMessage(), e);
        }
    }

    /** The id that ends a document: the eos_token of tokenizer_config.json, else eos_token_id of config.json. */
    private static int endOfText(Path directory, HuggingFaceTokenizer tokenizer) {
        String text = SpecialTokens.read(directory).getOrDefault("eos_token", "");
        if (!text.isEmpty()) {
            long[] ids = tokenizer.encode(text, false, false).getIds();
            if (ids.length == 1) {
                return (int) ids[0];
            }
        }
        JsonNode id = LaxJson.readIfThere(directory.resolve("config.json")).path("eos_token_id");
        JsonNode first = id.isArray() ? id.path(0) : id;
        if (!first.isInt()) {
            throw Refused.invalid(
                    directory,
                    "eos_token",
                    text.isEmpty() ? "absent" : text,
                    "must be one token of tokenizer_config.json, or eos_token_id of config.json");
        }
        return first.asInt();
    }

    /** Ids of the text; a long one is cut where that does not show in them. */
    public int[] encode(String text) {
        if (text.length() <= 2 * TextCut.PIECE || !cuts.atSpace()) {
            return encodePiece(text, false);
        }
        List<int[]> pieces = new ArrayList<>();
        int from = 0;
        while (from < text.length()) {
            int to = text.length() - from <= 2 * TextCut.PIECE ? text.length() : cut(text, from);
            pieces.add(encodePiece(text.substring(from, to), from > 0));
            from = to;
        }
        return pieces.stream().flatMapToInt(Arrays::stream).toArray();
    }

    /** Returns the end of the piece that begins at a character. */
    private int cut(String text, int from) {
        int searched = from;
        for (int end = from + TextCut.PIECE; end < text.length(); end += TextCut.PIECE) {
            int cut = TextCut.last(text, searched, end);
            if (cut > 0 && mayCut(text.charAt(cut))) {
                return cut;
            }
            searched = end - 2;
        }
        return text.length();
    }

    private boolean mayCut(char behind) {
        return behind == ' ' ? cuts.atSpace() : cuts.atLine();
    }

    /**
     * Ids of a piece of a text.
     *
     * @param continues whether another piece came before, from which this one was cut off by {@link TextCut}
     */
    int[] encodePiece(String text, boolean continues) {
        boolean spaced = continues && text.startsWith(" ");
        if (continues && !(spaced ? cuts.atSpace() : cuts.atLine())) {
            throw Refused.invalid(
                    file,
                    "text",
                    "over " + TextCut.PIECE + " characters",
                    "must be shorter: tokens of this tokenizer reach over words or lines, so that no text can be cut");
        }
        String piece = spaced && cuts.withoutSpace() ? text.substring(1) : text;
        long[] ids;
        use.readLock().lock();
        try {
            requireOpen();
            ids = ids(piece);
        } finally {
            use.readLock().unlock();
        }
        int[] narrow = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            narrow[i] = Math.toIntExact(ids[i]);
        }
        return narrow;
    }

    /** Ids alone: token texts and places of a long text would take many times its memory. */
    private long[] ids(String text) {
        long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, false);
        try {
            return TokenizersLibrary.LIB.getTokenIds(encoding);
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    /** Ids of the text, begun as is asked. */
    public int[] encode(String text, Beginning beginning) {
        int[] ids = encode(text);
        int[] first = beginning == Beginning.TOKENIZER ? beginning() : new int[0];
        int[] all = Arrays.copyOf(first, first.length + ids.length);
        System.arraycopy(ids, 0, all, first.length, ids.length);
        return all;
    }

    /** Returns the ids that the tokenizer's post-processor puts before a text. */
    private int[] beginning() {
        use.readLock().lock();
        try {
            requireOpen();
            long[] with = tokenizer.encode(PROBE, true, false).getIds();
            long[] without = tokenizer.encode(PROBE, false, false).getIds();
            int first = 0;
            while (first + without.length < with.length
                    && Arrays.mismatch(with, first, first + without.length, without, 0, without.length) >= 0) {
                first++;
            }
            return Arrays.stream(with, 0, first).mapToInt(Math::toIntExact).toArray();
        } finally {
            use.readLock().unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(file + " is closed");
        }
    }

    /** Ids of the text, each with the characters that it stands for. */
    Spans spans(String text) {
        use.readLock().lock();
        try {
            requireOpen();
            return Spans.of(text, tokenizer.encode(text, false, false));
        } finally {
            use.readLock().unlock();
        }
    }

    /** Text of ids; special tokens are written as they are spelt. */
    public String decode(int... ids) {
        return decode(ids, false);
    }

    /** Text of ids; special tokens are left out. */
    public String decodeText(int... ids) {
        return decode(ids, true);
    }

    private String decode(int[] ids, boolean withoutSpecial) {
        return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), withoutSpecial);
    }

    /** The id put after each document. */
    public int endOfText() {
        return endOfText;
    }

    /** The size of the vocabulary: the largest id and one more. */
    public int vocabSize() {
        return vocabSize;
    }

    /** SHA-256 of what tokenizer.json means: two models share a tokenizer when theirs are equal. */
    public String digest() {
        return digest;
    }

    public Path file() {
        return file;
    }

    /** Waits for encodings under way: their native memory must not go from under them. Idempotent. */
    @Override
    public void close() {
        use.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                tokenizer.close();
            }
        } finally {
            use.writeLock().unlock();
        }
    }
}
