package io.espalier.actors.job;

import io.espalier.actors.rank.RankFactory;
import io.espalier.gpu.batch.TokenBatch;
import java.nio.file.Path;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The parts of a run.
 *
 * @param teacher null for training by cross entropy
 * @param student the model under training
 * @param batches micro-batches without end, made on the run's own actor system
 * @param microBatches how many of them the run takes
 * @param between what is done besides
 */
public record TrainingJob(
        RankFactory teacher,
        RankFactory student,
        Function<ActorSystem<?>, Source<TokenBatch, NotUsed>> batches,
        long microBatches,
        BetweenSteps between) {
    /** Makes a job that neither validates nor writes checkpoints, and whose student writes nothing either. */
    public static TrainingJob plain(
            RankFactory teacher,
            RankFactory student,
            Function<ActorSystem<?>, Source<TokenBatch, NotUsed>> batches,
            long microBatches) {
        return new TrainingJob(
                teacher,
                student,
                batches,
                microBatches,
                new FiniteRun(Validator.off(), Checkpointer.off(), RunCard.off(), Path.of(".")));
    }
}
