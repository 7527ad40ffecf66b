package io.espalier.actors.health;

import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import java.nio.file.Path;

/**
 * A job as its coordinator last told of it.
 *
 * @param run directory that its student writes to
 */
public record WatchedJob(JobSpec spec, JobView view, Path run) {}
