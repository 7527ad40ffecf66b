package io.espalier.actors.cli;

import io.espalier.gpu.Refused;
import io.espalier.streams.source.ReadSettings;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of reading files of text. */
@Command(optionListHeading = "Text")
final class ReadOptions {
    /** The files that an option may name, in words. */
    static final String FORMATS =
            ".txt, .jsonl, each also .gz or .zst, .bin with its .idx, .parquet, or directories of them";

    /** The largest limit, which is what an array of bytes can hold. */
    private static final int MAX_LINE_MIB = 2047;

    @Option(
            names = "--text-field",
            paramLabel = "NAME",
            description = "Field of a JSON line, or column of a Parquet file, that holds the text.")
    private String textField;

    @Option(names = "--max-line-mib", paramLabel = "MIB", description = "Longest JSON line that is read, in MiB.")
    private int maxLineMib;

    @Option(
            names = "--null-text",
            paramLabel = "RULE",
            description = "Treatment of records whose text is null: skip or refuse.")
    private ReadSettings.NullText nullText;

    @Option(
            names = "--exclude",
            paramLabel = "GLOB",
            description = "Files of a named directory that are left out, by paths relative to it. Repeatable.")
    List<String> exclude = List.of();

    @Option(names = "--tokenise-parallelism", description = "Documents tokenised at once.")
    int parallelism;

    List<TextFile> find(List<Path> data) {
        return TextFile.find(data, exclude);
    }

    ReadSettings settings() {
        if (maxLineMib < 1 || maxLineMib > MAX_LINE_MIB) {
            throw Refused.usage("--max-line-mib", maxLineMib, "must be from 1 to " + MAX_LINE_MIB);
        }
        return new ReadSettings(textField, maxLineMib << 20, nullText);
    }
}
