package io.espalier.streams.source;

import io.espalier.gpu.Refused;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * A file of text in a form that its suffix tells.
 *
 * @param bytes size on disk
 */
public record TextFile(Path path, Format format, boolean gzipped, long bytes) {
    private static final int BUFFER_BYTES = 1 << 16;

    /** What a file's bytes mean. */
    public enum Format {
        /** The whole file is one document. */
        TEXT(".txt"),
        /** One JSON object a line, one document each. */
        JSONL(".jsonl");

        private final String suffix;

        Format(String suffix) {
            this.suffix = suffix;
        }
    }

    /** Recognises a file by its suffix; refuses others by name. */
    public static TextFile of(Path path) {
        if (!Files.isRegularFile(path)) {
            throw Refused.notFound(path, "must be a text file or a directory of them");
        }
        return recognise(path)
                .findFirst()
                .orElseThrow(() -> Refused.usage("--data", path, "must end in one of " + knownSuffixes()));
    }

    private static Stream<TextFile> recognise(Path path) {
        String name = path.getFileName().toString();
        boolean gzipped = name.endsWith(".gz");
        String plain = gzipped ? name.substring(0, name.length() - 3) : name;
        return Arrays.stream(Format.values())
                .filter(format -> plain.endsWith(format.suffix))
                .map(format -> new TextFile(path, format, gzipped, size(path)));
    }

    private static String knownSuffixes() {
        return Arrays.stream(Format.values())
                .flatMap(format -> Stream.of(format.suffix, format.suffix + ".gz"))
                .collect(Collectors.joining(", "));
    }

    private static long size(Path path) {
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    /**
     * The files that {@code --data} names: files as given, directories as all known files below them in order.
     *
     * @param exclude globs over paths relative to a named directory
     */
    public static List<TextFile> find(List<Path> paths, List<String> exclude) {
        List<PathMatcher> matchers = exclude.stream()
                .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
                .toList();
        List<TextFile> files = new ArrayList<>();
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                files.addAll(below(path, matchers));
            } else {
                files.add(of(path));
            }
        }
        return files;
    }

    private static List<TextFile> below(Path directory, List<PathMatcher> exclude) {
        try (Stream<Path> tree = Files.walk(directory)) {
            List<TextFile> files = tree.filter(Files::isRegularFile)
                    .filter(file -> exclude.stream().noneMatch(m -> m.matches(directory.relativize(file))))
                    .sorted()
                    .flatMap(TextFile::recognise)
                    .toList();
            if (files.isEmpty()) {
                throw Refused.notFound(directory, "holds no file that ends in one of " + knownSuffixes());
            }
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    /**
     * Opens the file.
     *
     * @param textField the field of a JSON line that holds the text
     */
    public DocumentReader open(String textField) {
        return switch (format) {
            case TEXT -> new PlainTextReader(this);
            case JSONL -> new JsonLinesReader(this, textField);
        };
    }

    /** The file's bytes, decompressed. */
    InputStream stream() {
        try {
            InputStream raw = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES);
            try {
                return gzipped ? new BufferedInputStream(new GZIPInputStream(raw, BUFFER_BYTES), BUFFER_BYTES) : raw;
            } catch (IOException e) {
                raw.close();
                throw unreadable(e);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    /** What to throw when reading fails midway. */
    RuntimeException unreadable(IOException e) {
        return gzipped
                ? new Refused(
                        Refused.Reason.VALIDATION,
                        path + ": content is damaged (" + e.getMessage() + "): must be complete gzip",
                        e)
                : new UncheckedIOException(path.toString(), e);
    }
}
