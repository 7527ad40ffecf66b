package io.espalier.streams.source;

import io.espalier.gpu.Notices;
import io.espalier.gpu.Refused;
import io.espalier.gpu.disk.DiskFault;
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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A file of text, conversations or token ids in a form that its suffix tells.
 *
 * @param path of an indexed data set that of its tokens, {@code .bin}
 * @param bytes size on disk
 */
public record TextFile(Path path, Format format, Compression compression, long bytes) {
    private static final String INDEX_SUFFIX = ".idx";

    /** The meaning of a file's bytes. */
    public enum Format {
        /** The whole file is one document. */
        TEXT(".txt", true),
        /** Each line is a JSON object, which is one document. */
        JSONL(".jsonl", true),
        /** Token ids, with an index beside them. */
        INDEXED(".bin", false),
        /** Rows of columns, one document each. */
        PARQUET(".parquet", false);

        private final String suffix;
        private final boolean compressible;

        Format(String suffix, boolean compressible) {
            this.suffix = suffix;
            this.compressible = compressible;
        }
    }

    /** Recognises a file by its suffix; refuses others by name. */
    public static TextFile of(Path path) {
        if (!Files.exists(path) && Files.isRegularFile(withSuffix(path, INDEX_SUFFIX))) {
            return of(withSuffix(path, INDEX_SUFFIX));
        }
        if (!Files.isRegularFile(path)) {
            throw Refused.notFound(path, "must be a text file or a directory of them");
        }
        return recognise(path)
                .findFirst()
                .orElseThrow(() -> Refused.usage("data", path, "must end in one of " + knownSuffixes()));
    }

    private static Path withSuffix(Path prefix, String suffix) {
        return prefix.resolveSibling(prefix.getFileName() + suffix);
    }

    private static Stream<TextFile> recognise(Path path) {
        String name = path.getFileName().toString();
        if (name.endsWith(INDEX_SUFFIX)) {
            return Stream.of(indexed(path, name.substring(0, name.length() - INDEX_SUFFIX.length())));
        }
        Compression compression = Compression.of(name);
        String plain = name.substring(0, name.length() - compression.suffix().length());
        return Arrays.stream(Format.values())
                .filter(format -> plain.endsWith(format.suffix))
                .filter(format -> format.compressible || compression == Compression.NONE)
                .map(format -> new TextFile(path, format, compression, size(path)));
    }

    private static TextFile indexed(Path index, String prefix) {
        Path tokens = index.resolveSibling(prefix + Format.INDEXED.suffix);
        if (!Files.isRegularFile(tokens)) {
            throw Refused.notFound(tokens, "must be there: .bin and .idx are one data set");
        }
        return new TextFile(tokens, Format.INDEXED, Compression.NONE, size(tokens));
    }

    private static String knownSuffixes() {
        return Arrays.stream(Format.values())
                .flatMap(format -> Arrays.stream(Compression.values())
                        .filter(c -> format.compressible || c == Compression.NONE)
                        .map(c -> format.suffix + c.suffix()))
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
        return withoutPairsTwice(files);
    }

    /** A pair may have been named by both of its files. */
    private static List<TextFile> withoutPairsTwice(List<TextFile> files) {
        List<TextFile> kept = new ArrayList<>();
        for (TextFile file : files) {
            if (file.format != Format.INDEXED || !kept.contains(file)) {
                kept.add(file);
            }
        }
        return kept;
    }

    private static List<TextFile> below(Path directory, List<PathMatcher> exclude) {
        try (Stream<Path> tree = Files.walk(directory)) {
            List<Path> there = tree.filter(Files::isRegularFile)
                    .filter(file -> exclude.stream().noneMatch(m -> m.matches(directory.relativize(file))))
                    .filter(file -> !file.toString().endsWith(Format.INDEXED.suffix))
                    .sorted()
                    .toList();
            List<TextFile> files = there.stream().flatMap(TextFile::recognise).toList();
            tellOfOthers(directory, there);
            if (files.isEmpty()) {
                throw Refused.notFound(directory, "holds no file that ends in one of " + knownSuffixes());
            }
            return files;
        } catch (IOException e) {
            throw new UncheckedIOException(directory.toString(), e);
        }
    }

    /** Whether a name is one of a file of text or JSON lines, packed or not. */
    public static boolean isText(Path path) {
        String name = path.getFileName().toString();
        String plain =
                name.substring(0, name.length() - Compression.of(name).suffix().length());
        return Arrays.stream(Format.values()).anyMatch(format -> format.compressible && plain.endsWith(format.suffix));
    }

    /** Text that lies under another suffix would be missed without a word. */
    private static void tellOfOthers(Path directory, List<Path> there) {
        Map<String, List<Path>> others = there.stream()
                .filter(file -> recognise(file).findAny().isEmpty())
                .collect(Collectors.groupingBy(TextFile::suffixes, TreeMap::new, Collectors.toList()));
        if (!others.isEmpty()) {
            String each = others.entrySet().stream()
                    .map(other -> other.getValue().size() + " of " + other.getKey() + " (such as "
                            + directory.relativize(other.getValue().getFirst()) + ")")
                    .collect(Collectors.joining(", "));
            Notices.tell(directory + ": files are passed over: " + each + "; text ends in one of " + knownSuffixes());
        }
    }

    /** The suffixes of a file's name, such as {@code .json.gz}, or the words for none. */
    private static String suffixes(Path file) {
        String name = file.getFileName().toString();
        String packed = Compression.of(name).suffix();
        String plain = name.substring(0, name.length() - packed.length());
        int dot = plain.lastIndexOf('.');
        String suffix = (dot < 0 ? "" : plain.substring(dot)) + packed;
        return suffix.isEmpty() ? "no suffix" : suffix;
    }

    /** A file of text or JSON lines, packed or not, as its name tells; empty where it is another. */
    public static Optional<TextFile> ofText(Path path) {
        return isText(path) ? recognise(path).findFirst() : Optional.empty();
    }

    /** Whether a document of this file may come in pieces. */
    boolean maybePieces() {
        return format == Format.TEXT && (compression != Compression.NONE || bytes > TextCut.PIECE);
    }

    /** Opens the file. */
    public DocumentReader open(ReadSettings settings) {
        return switch (format) {
            case TEXT -> new PlainTextReader(this);
            case JSONL -> new JsonLinesReader(this, settings);
            case INDEXED -> new IndexedReader(this);
            case PARQUET -> new ParquetReader(this, settings);
        };
    }

    /**
     * Opens a file of rows with fields.
     *
     * @param maxLineBytes longest JSON line that is held in memory
     */
    public FieldReader fields(int maxLineBytes) {
        return switch (format) {
            case JSONL -> new JsonFields(this, maxLineBytes);
            case PARQUET -> new ParquetFields(this);
            case TEXT, INDEXED ->
                throw Refused.invalid(path, "suffix", format.suffix, "must be .jsonl, packed or not, or .parquet");
        };
    }

    /** The file's bytes, decompressed. */
    public InputStream stream() {
        try {
            InputStream raw = Files.newInputStream(path);
            try {
                return compression.unpack(raw);
            } catch (IOException e) {
                raw.close();
                throw unreadable(e);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    /** The exception to throw when reading fails midway. */
    public RuntimeException unreadable(IOException e) {
        if (e instanceof CountedBytes.OutOfProportion) {
            return Refused.invalid(path, "content", e.getMessage(), "must not unpack to so much: name it unpacked");
        }
        if (DiskFault.of(e).isPresent()) {
            return DiskFault.failure(path, e);
        }
        if (compression == Compression.NONE) {
            return new UncheckedIOException(path.toString(), e);
        }
        String form = compression.name().toLowerCase(Locale.ROOT);
        String reason = String.valueOf(e.getMessage());
        String unsupported = Compression.unsupported(reason);
        return new Refused(
                Refused.Reason.VALIDATION,
                unsupported == null
                        ? path + ": content is damaged (" + reason + "): must be complete " + form
                        : path + ": content is " + form + " " + unsupported + ": is not supported",
                e);
    }
}
