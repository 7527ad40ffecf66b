package io.espalier.actors.daemon;

import io.espalier.actors.http.Submitter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * The paths and properties that a submitted job may use.
 *
 * @param paths to read and to write
 * @param kafkaProperties that its sources may set
 */
public record Admission(JobPaths paths, Set<String> kafkaProperties) {
    /** The admission of the paths and properties that the operator has listed. */
    static Admission listed(List<Path> paths, Set<String> kafkaProperties, Path state) {
        return new Admission(new JobPaths(paths, state), kafkaProperties);
    }

    /**
     * The admission of one submitter. The daemon's own user may do all that the daemon may, and does so below the
     * directory that the submission names.
     */
    Admission of(Submitter submitter, Path directory) {
        return submitter.sameUser() ? new Admission(paths.and(directory), kafkaProperties) : this;
    }
}
