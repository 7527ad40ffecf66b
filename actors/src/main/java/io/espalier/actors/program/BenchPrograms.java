package io.espalier.actors.program;

import io.espalier.actors.bench.BenchJob;
import io.espalier.actors.host.JobPrograms;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import java.util.function.Consumer;

/** The programs of a benchmark of distillation, on the ranks that were started for it; no other rank knows of them. */
public record BenchPrograms(RankPlace place) implements JobPrograms {
    @Override
    public RankFactory teacher(JobSpec job, int stage, int stages) {
        return BenchJob.of(job).at(place.device(), place.threads()).remoteTeacher();
    }

    @Override
    public String teacherDigest(JobSpec job) {
        return BenchJob.of(job).benchmark().teacherDigest();
    }

    @Override
    public StudentRun student(JobSpec job, RunPlace run, Consumer<JobProgress> onProgress) {
        return new BenchDistillSession(
                BenchJob.of(job).at(place.device(), place.threads()), run, BenchJob.found(job.directory()), onProgress);
    }
}
