package io.espalier.actors.program;

import io.espalier.actors.host.JobPrograms;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The programs of {@link Job}s on a rank. */
public final class Programs implements JobPrograms {
    private final RankPlace place;
    /** A teacher's weights do not change under a job, and are slow to read. */
    private final Map<String, String> digests = new ConcurrentHashMap<>();

    public Programs(RankPlace place) {
        this.place = place;
    }

    @Override
    public RankFactory teacher(JobSpec job, int stage, int stages) {
        return Job.of(job).teacher(place, stage, stages);
    }

    @Override
    public String teacherDigest(JobSpec job) {
        return digests.computeIfAbsent(job.id(), _ -> Job.of(job).teacherDigest());
    }

    @Override
    public StudentRun student(JobSpec job, RunPlace run, Consumer<JobProgress> onProgress) {
        return Job.of(job).student(place, run, onProgress);
    }
}
