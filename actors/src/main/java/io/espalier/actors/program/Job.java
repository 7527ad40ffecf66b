package io.espalier.actors.program;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.Checkpointing;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.RecordMapping;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import io.espalier.gpu.Refused;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.LossSyntax;
import io.espalier.proto.job.Jobs;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A job: what is computed, of what, how, and where it goes. Its settings are complete when it is made, so that no default of a
 * later version changes it. Journals and messages between processes hold it as {@code job.proto} says. Relative paths begin
 * where its {@link JobSpec} says.
 */
public sealed interface Job permits Distill, Continual, Calibrate {
    /** The directory that a model is written to, and the largest size of a file of its tensors. */
    record Output(Path out, long maxShardBytes) {}

    /** The losses that teach a student, as {@link LossSyntax} has them, at a temperature. */
    record Loss(List<String> parts, double temperature) {
        public Loss {
            parts = List.copyOf(parts);
        }

        LossMix mix() {
            return LossSyntax.mix(parts, temperature);
        }
    }

    /** The steps at which a run commits its student, and the settings that may differ from the run that it goes on from. */
    record Checkpoints(long every, int keep, Set<String> override) {
        public Checkpoints {
            override = Set.copyOf(override);
        }

        Checkpointing settings() {
            return new Checkpointing(every, keep, false, override);
        }

        /** Refuses a job that could not go on after its student's death. */
        void require() {
            if (every == 0) {
                throw new Refused(
                        Refused.Reason.VALIDATION,
                        "checkpoint-every is 0: a student that dies must find a checkpoint to go on from");
            }
        }
    }

    /**
     * Checks what can be checked before anything is loaded.
     *
     * @throws Refused where it cannot be run
     */
    void check();

    /**
     * A stage of the model that is asked.
     *
     * @param stage from 0
     */
    RankFactory teacher(RankPlace rank, int stage, int stages);

    /** Tells that model from others, the same in every process. May read all of it. */
    String teacherDigest();

    /**
     * The rank that asks.
     *
     * @param place closed with the run
     */
    StudentRun student(RankPlace rank, RunPlace place, Consumer<JobProgress> onProgress);

    /**
     * The job by a name.
     *
     * @param directory that its relative paths begin at
     * @param teachers how many answer; 0 where the student has its own
     * @param stages ranks that share the layers of one of them
     */
    default JobSpec spec(String id, Path directory, int teachers, int stages) {
        Jobs.Job.Builder value = Jobs.Job.newBuilder();
        Mapping.JOBS.write(this, value);
        return new JobSpec(id, value.build(), directory, teachers, stages);
    }

    /**
     * The job that a name stands for.
     *
     * @throws Refused where another version has described it, in a way that is not understood here
     */
    static Job of(JobSpec spec) {
        return Mapping.JOBS.read(spec.job(), "job " + spec.id());
    }

    /** Jobs as messages. */
    final class Mapping {
        private static final RecordMapping<Job> JOBS = RecordMapping.of(Job.class, Jobs.Job.getDescriptor());

        private Mapping() {}
    }
}
