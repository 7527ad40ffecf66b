package io.espalier.actors.quickstart;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.Refused;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.DocumentReader;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.Sequence;
import io.espalier.streams.source.TextFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Splits a user's text: the last tenth of every document of a file that is one, else every tenth document, is held out. */
final class HeldOutSplit {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int SHARE = 10;

    private HeldOutSplit() {}

    /** Writes {@code training.jsonl} and {@code heldout.jsonl} into the directory. */
    static Material split(List<TextFile> files, ReadSettings reading, Path directory) {
        Path training = directory.resolve("training.jsonl");
        Path heldOut = directory.resolve("heldout.jsonl");
        try (BufferedWriter train = Files.newBufferedWriter(training);
                BufferedWriter held = Files.newBufferedWriter(heldOut)) {
            for (TextFile file : files) {
                split(file, reading, train, held);
            }
        } catch (IOException e) {
            throw new Refused(Refused.Reason.TRY_AGAIN, directory + ": cannot be written: " + e.getMessage(), e);
        }
        return Material.of(List.of(training), List.of(heldOut));
    }

    private static void split(TextFile file, ReadSettings reading, BufferedWriter train, BufferedWriter held)
            throws IOException {
        try (DocumentReader reader = new Sequence(List.of(file), reading)) {
            int i = 0;
            for (Document document = reader.next(); document != null; document = reader.next()) {
                String text = text(document);
                switch (file.format()) {
                    case JSONL, INDEXED, PARQUET -> write(i++ % SHARE == SHARE - 1 ? held : train, text);
                    case TEXT -> {
                        int cut = text.length() - text.length() / SHARE;
                        cut = cut < text.length() && Character.isLowSurrogate(text.charAt(cut)) ? cut + 1 : cut;
                        write(train, text.substring(0, cut));
                        write(held, text.substring(cut));
                    }
                }
            }
        }
    }

    /** A quickstart trains its own tokenizer and splits text: it needs text. */
    static String text(Document document) {
        return switch (document) {
            case Document.Text text -> text.text();
            case Document.Ids _, Document.Chat _, Document.Answered _ ->
                throw Refused.invalid(document.provenance(), "record", "no text", "must be: quickstart splits text");
        };
    }

    private static void write(BufferedWriter writer, String text) throws IOException {
        writer.write(JSON.createObjectNode().put("text", text).toString());
        writer.newLine();
    }
}
