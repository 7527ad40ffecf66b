package io.espalier.actors.daemon;

import io.espalier.actors.http.Submitter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What a job that somebody submits may use.
 *
 * @param paths to read and to write
 * @param kafkaProperties that its sources may set
 */
public record Admission(JobPaths paths, Set<String> kafkaProperties) {
    /** What the operator has listed. */
    static Admission listed(List<Path> paths, Set<String> kafkaProperties, Path state) {
        return new Admission(new JobPaths(paths, state), kafkaProperties);
    }

    /**
     * For one submitter: the daemon's own user has rights of which the daemon's are no more, and uses them below the directory
     * that they name.
     */
    Admission of(Submitter submitter, Path directory) {
        return submitter.sameUser() ? new Admission(paths.and(directory), kafkaProperties) : this;
    }
}
