package io.espalier.actors.host;

import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankFactory;
import java.util.function.Consumer;

/** The meaning of a job's description on a rank. */
public interface JobPrograms {
    /**
     * A stage of the job's teacher, to be opened on the rank's thread.
     *
     * @param stage from 0
     */
    RankFactory teacher(JobSpec job, int stage, int stages);

    /** Digest of the job's teacher, as both ends of a link must know it. Reads the whole model: slow. */
    String teacherDigest(JobSpec job);

    /**
     * The job's student.
     *
     * @param place closed with the run
     * @param onProgress told now and then, by any thread
     */
    StudentRun student(JobSpec job, RunPlace place, Consumer<JobProgress> onProgress);
}
