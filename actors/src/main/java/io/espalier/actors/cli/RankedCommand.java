package io.espalier.actors.cli;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** A command whose work ranks share. Threads that it names are its own; where it names none, they are those of the rank. */
sealed interface RankedCommand permits BenchDistillCommand, ContinualCommand, DistillCommand, PruneCommand {
    /**
     * A stage of the model that is asked.
     *
     * @param stage from 0
     */
    RankFactory teacher(RankPlace rank, int stage, int stages);

    /** Tells that model from others, the same in every process. May read all of it. */
    String teacherDigest();

    /** The job of this command that a daemon runs; checked as far as can be without loading anything. */
    default JobSpec job(String id, List<String> arguments, Path directory) {
        return new JobSpec(id, arguments, directory, 0, 1);
    }

    /**
     * The rank that asks.
     *
     * @param place closed with the run
     */
    StudentRun student(RankPlace rank, RunPlace place, Consumer<JobProgress> onProgress);
}
