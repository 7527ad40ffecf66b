package io.espalier.actors.protocol;

import java.nio.file.Path;
import java.util.List;

/**
 * A job as whoever runs a part of it must know it. Every host that works for the job sees its paths under the same names.
 *
 * @param id unique in the journal; {@code [A-Za-z0-9_-]{1,64}}
 * @param arguments of the command that describes it, the verb first
 * @param directory that relative paths begin at
 * @param teachers how many teachers answer, each whole or in stages
 * @param stages ranks that share the layers of one teacher
 */
public record JobSpec(String id, List<String> arguments, Path directory, int teachers, int stages) {
    /** What an id matches. */
    public static final String ID = "[A-Za-z0-9_-]{1,64}";

    public JobSpec {
        arguments = List.copyOf(arguments);
        if (!id.matches(ID)) {
            throw new IllegalArgumentException("job id " + id + ": must match " + ID);
        }
        if (teachers < 0 || stages < 1) {
            throw new IllegalArgumentException("job " + id + ": " + teachers + " teachers of " + stages + " stages");
        }
    }
}
