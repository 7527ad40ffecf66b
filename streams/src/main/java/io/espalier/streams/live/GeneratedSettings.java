package io.espalier.streams.live;

import io.espalier.streams.source.TextFile;
import java.util.List;

/**
 * A stream that is made up, the same each time.
 *
 * @param schedule which domain's records come when; after the last it begins anew
 * @param recordsPerSecond at most; 0 for as many as are asked for
 * @param recordCharacters longest piece of a file's document
 * @param recordWords words of a record that is made of words
 * @param poisonFrom first record whose words are shuffled
 * @param poisonTo one past the last
 */
record GeneratedSettings(
        List<Domain> domains,
        List<Phase> schedule,
        double recordsPerSecond,
        int recordCharacters,
        int recordWords,
        long poisonFrom,
        long poisonTo,
        long seed)
        implements SourceSettings {

    /** Text of one kind. */
    sealed interface Domain {
        String name();
    }

    /** Text of files. */
    record Files(String name, List<TextFile> files) implements Domain {}

    /**
     * Text of made-up words.
     *
     * @param words distinct ones
     */
    record Words(String name, int words) implements Domain {}

    /**
     * A stretch of one domain.
     *
     * @param domain its place among the domains
     * @param records of the stretch; {@link Long#MAX_VALUE} for all that follow
     */
    record Phase(int domain, long records) {}

    @Override
    public String kind() {
        return "generated";
    }
}
