package io.espalier.actors.teacher;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.streams.distill.TeacherPort;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A pool of teachers as the graph asks it.
 *
 * @param atOnce batches that all teachers together work on
 */
public record PoolPort(ActorRef<TeacherPool.Command> pool, int atOnce) implements TeacherPort {
    @Override
    public CompletionStage<TeacherSignal> forward(TokenBatch batch) {
        CompletableFuture<TeacherSignal> reply = new CompletableFuture<>();
        pool.tell(new TeacherPool.Ask(batch, reply));
        return reply;
    }

    /** Asks for the sums of the one teacher's stages; the caller closes them. */
    public CompletionStage<TeacherSignal> sums() {
        CompletableFuture<TeacherSignal> reply = new CompletableFuture<>();
        pool.tell(new TeacherPool.AskSums(reply));
        return reply;
    }
}
