package io.espalier.actors.job;

import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.gpu.Refused;
import io.espalier.gpu.train.TrainingCheckpoint.Origin;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Whether a run may make what it has done its job's own. Asked by any thread; a stage that fails says that nobody could be
 * asked in the time that there was.
 */
public interface CommitAuthority {
    /** The authority of a run in one process, from which the lock of its directory keeps others. */
    CommitAuthority ALONE = new CommitAuthority() {
        @Override
        public CompletionStage<Verdict> begin(long baseStep) {
            return affirm();
        }

        @Override
        public CompletionStage<Verdict> commit(long step, String manifestSha256) {
            return affirm();
        }

        @Override
        public CompletionStage<Verdict> affirm() {
            return CompletableFuture.completedFuture(new Verdict.Granted(0));
        }

        @Override
        public Origin origin() {
            return Origin.ALONE;
        }

        @Override
        public List<Lineage> lineage() {
            return List.of();
        }

        @Override
        public boolean alone() {
            return true;
        }

        @Override
        public String owner() {
            return "";
        }
    };

    /** The run goes on from a step (0: from its start); to be asked before its first. */
    CompletionStage<Verdict> begin(long baseStep);

    /** A checkpoint is on disk and about to take its place. */
    CompletionStage<Verdict> commit(long step, String manifestSha256);

    /** Is the run still its job's? Changes nothing. */
    CompletionStage<Verdict> affirm();

    /** The origin that a checkpoint written now states: its job and its epoch. */
    Origin origin();

    /** The steps from which the epochs of the job began, this run's own among them once it has begun. */
    List<Lineage> lineage();

    /** Whether no other process can be the job's, so that its directory is locked. */
    boolean alone();

    /** Names the job among all jobs of all coordinators, its id first and at most 256 bytes; empty for a run that is alone. */
    String owner();

    /**
     * Whether a checkpoint is part of the job's history. One that a process wrote after another had begun from an earlier step
     * is not, however late it takes its place. Checkpoints of other jobs count as older than all of this one's.
     */
    default boolean owns(Origin of, long step) {
        long epoch = of.job().equals(origin().job()) ? of.epoch() : 0;
        return lineage().stream().noneMatch(begun -> begun.epoch() > epoch && step > begun.baseStep());
    }

    /**
     * Waits for a verdict.
     *
     * @throws Refused where it is that another process is the job's
     */
    static void require(CompletionStage<Verdict> asked, Path run) {
        switch (Awaited.of(asked)) {
            case Verdict.Granted _ -> {}
            case Verdict.Fenced fenced ->
                throw new Refused(
                        Refused.Reason.WRONG_STATE,
                        run + ": fenced off, the job is another process's by epoch " + fenced.epoch() + ": "
                                + fenced.why());
        }
    }
}
