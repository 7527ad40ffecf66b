package io.espalier.streams.batch;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
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
    private final String digest;

    private Tokenizer(Path file, HuggingFaceTokenizer tokenizer, int endOfText, String digest) {
        this.file = file;
        this.tokenizer = tokenizer;
        this.endOfText = endOfText;
        this.digest = digest;
    }

    /** Opens the tokenizer of a model directory. */
    public static Tokenizer open(Path modelDirectory) {
        Path file = modelDirectory.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "text needs the model's tokenizer");
        }
        System.setProperty("OPT_OUT_TRACKING", "true");
        try {
            byte[] content = TokenizerFile.require(file);
            // The bytes that were checked: the file may be another one by now.
            HuggingFaceTokenizer tokenizer =
                    HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(content), TEXT_ALONE);
            return new Tokenizer(file, tokenizer, endOfText(modelDirectory, tokenizer), sha256(content));
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

    /** The same as {@link #digest}, without opening the tokenizer; refuses a file that could not be opened. */
    public static String digestOf(Path modelDirectory) {
        Path file = modelDirectory.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "text needs the model's tokenizer");
        }
        try {
            return sha256(TokenizerFile.require(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Ids of the text. */
    public int[] encode(String text) {
        long[] ids;
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException(file + " is closed");
            }
            ids = tokenizer.encode(text, false, false).getIds();
        } finally {
            use.readLock().unlock();
        }
        int[] narrow = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            narrow[i] = Math.toIntExact(ids[i]);
        }
        return narrow;
    }

    /** Ids of the text, begun as is asked. */
    public int[] encode(String text, Beginning beginning) {
        int[] ids = encode(text);
        int[] first = beginning == Beginning.TOKENIZER ? beginning() : new int[0];
        int[] all = Arrays.copyOf(first, first.length + ids.length);
        System.arraycopy(ids, 0, all, first.length, ids.length);
        return all;
    }

    /** What the tokenizer's post-processor puts before a text. */
    private int[] beginning() {
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException(file + " is closed");
            }
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

    /** Ids of the text, each with the characters that it stands for. */
    Spans spans(String text) {
        use.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException(file + " is closed");
            }
            return Spans.of(text, tokenizer.encode(text, false, false));
        } finally {
            use.readLock().unlock();
        }
    }

    /** Text of ids; special tokens are written as they are spelt. */
    public String decode(int... ids) {
        long[] wide = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            wide[i] = ids[i];
        }
        return tokenizer.decode(wide, false);
    }

    /** The id put after each document. */
    public int endOfText() {
        return endOfText;
    }

    /** One more than the largest id of tokenizer.json, which is read anew. */
    public int vocabSize() {
        JsonNode json = LaxJson.read(file);
        int largest = -1;
        for (JsonNode id : json.path("model").path("vocab")) {
            largest = Math.max(largest, id.asInt(-1));
        }
        for (JsonNode token : json.path("added_tokens")) {
            largest = Math.max(largest, token.path("id").asInt(-1));
        }
        if (largest < 0) {
            throw Refused.invalid(file, "model.vocab", "without ids", "must map tokens to ids");
        }
        return largest + 1;
    }

    /** SHA-256 of tokenizer.json: two models share a tokenizer when theirs are equal. */
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
