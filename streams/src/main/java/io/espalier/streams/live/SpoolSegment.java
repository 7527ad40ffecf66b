package io.espalier.streams.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of a spool.
 *
 * @param first number of its first record, which its name tells
 */
record SpoolSegment(Path file, long first) {
    private static final Pattern NAME = Pattern.compile("(\\d{20})\\.spool");

    static SpoolSegment of(Path directory, long first) {
        return new SpoolSegment(directory.resolve(String.format(Locale.ROOT, "%020d.spool", first)), first);
    }

    /** The segments of a spool, oldest first. */
    static List<SpoolSegment> list(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> NAME.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> of(directory, Long.parseLong(name.group(1))))
                    .sorted((one, other) -> Long.compare(one.first(), other.first()))
                    .toList();
        }
    }
}
