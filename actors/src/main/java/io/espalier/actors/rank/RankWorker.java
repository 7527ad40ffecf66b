package io.espalier.actors.rank;

import io.espalier.actors.meter.Metered;
import io.espalier.gpu.Contained;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.train.Snapshot;
import io.espalier.gpu.train.StageInput;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.Student;
import io.espalier.gpu.train.Teacher;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.gpu.train.TeacherStage;
import io.espalier.gpu.train.TrainingCheckpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * A rank at work: it owns a session on a device and the one thread that touches it. Answers complete the future that
 * came with a request; a device failure is answered first and then restarts the worker with a fresh session.
 */
public final class RankWorker extends AbstractMatchingBehavior<RankWorker.Command> {
    /** The requests that a rank takes. */
    public sealed interface Command {}

    /** Ask a teacher; the asker owns the signal. */
    public record Forward(TokenBatch batch, CompletableFuture<TeacherSignal> reply) implements Command {}

    /** Ask a stage of a teacher; the asker owns the answer, whose parts are ready to be read by any thread. */
    public record Serve(StageInput input, CompletableFuture<TeacherSignal> reply) implements Command {}

    /** Train a student; {@code signal} may be null and stays the asker's. */
    public record Step(TokenBatch batch, TeacherSignal signal, CompletableFuture<StepReport> reply)
            implements Command {}

    /** Write a student's weights as a model directory. */
    public record Save(Path directory, CompletableFuture<Path> reply) implements Command {}

    /** Score a student on each row that it does not learn from; {@code signal} may be null and stays the asker's. */
    public record Score(TokenBatch batch, TeacherSignal signal, CompletableFuture<List<Scores>> reply)
            implements Command {}

    /** Have a student take the weights and the optimiser's state of a checkpoint, which stays the asker's. */
    public record Restore(TrainingCheckpoint from, CompletableFuture<Void> reply) implements Command {}

    /** Copy a student's state; the asker owns the copy. */
    public record TakeSnapshot(CompletableFuture<Snapshot> reply) implements Command {}

    private final RankMonitor monitor;
    private final ComputeTurn turn;
    private final Session session;

    private RankWorker(ActorContext<Command> context, RankFactory factory, ComputeTurn turn, RankMonitor monitor) {
        super(context);
        this.monitor = monitor;
        this.turn = turn;
        monitor.loading();
        context.getLog().debug("loading [{}]", context.getSelf().path().name());
        this.session = open(factory);
        monitor.ready();
    }

    /** Nothing is lost with a session that never opened, so any rank may try again. */
    private Session open(RankFactory factory) {
        try {
            return turn.take(watched(
                    "loading", () -> Contained.call("the model", () -> factory.open(monitor::progress))));
        } catch (DeviceFailure e) {
            monitor.failed(e);
            throw new RestartableFailure(e);
        }
    }

    /** Tells the monitor when the call begins and ends, its turn not counted. */
    private <T> Supplier<T> watched(String what, Supplier<T> call) {
        return () -> {
            monitor.begin(what);
            try {
                return call.get();
            } finally {
                monitor.end();
            }
        };
    }

    static Behavior<Command> create(RankFactory factory, ComputeTurn turn, RankMonitor monitor, RankSettings settings) {
        Behavior<Command> worker = Behaviors.setup(context -> new RankWorker(context, factory, turn, monitor));
        return Behaviors.supervise(Metered.behavior(Command.class, "rank", worker))
                .onFailure(
                        RestartableFailure.class,
                        SupervisorStrategy.restartWithBackoff(
                                        settings.minBackoff(), settings.maxBackoff(), RankSettings.BACKOFF_JITTER)
                                .withMaxRestarts(settings.maxRestarts()));
    }

    /** A failure after which a fresh session can go on: a teacher's, for a student's state dies with it. */
    static final class RestartableFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RestartableFailure(Throwable cause) {
            super(cause.getMessage(), cause);
        }
    }

    @Override
    public Behavior<Command> onMessage(Command command) {
        return switch (command) {
            case Forward forward -> {
                answer(forward, forward.reply, () -> teacher().forward(forward.batch));
                yield this;
            }
            case Serve serve -> {
                answer(serve, serve.reply, () -> serve(serve.input));
                yield this;
            }
            case Step step -> {
                answer(step, step.reply, () -> student().step(step.batch, step.signal));
                yield this;
            }
            case Score score -> {
                answer(score, score.reply, () -> student().score(score.batch, score.signal));
                yield this;
            }
            case Restore restore -> {
                answer(restore, restore.reply, () -> {
                    student().restore(restore.from::weight, restore.from::moment);
                    return null;
                });
                yield this;
            }
            case TakeSnapshot take -> {
                answer(take, take.reply, () -> student().snapshot());
                yield this;
            }
            case Save save -> {
                answer(save, save.reply, () -> {
                    student().save(save.directory);
                    return save.directory;
                });
                yield this;
            }
        };
    }

    private <T> void answer(Command request, CompletableFuture<T> reply, Supplier<T> work) {
        if (reply.isDone()) {
            return;
        }
        monitor.working();
        try {
            T value = turn.take(watched(
                    request.getClass().getSimpleName(),
                    () -> Contained.call(request.getClass().getSimpleName(), work)));
            // An asker that has given up meanwhile cannot close what it never sees.
            if (!reply.complete(value)) {
                abandon(value);
            }
            monitor.answered();
        } catch (DeviceFailure e) {
            monitor.failed(e);
            reply.completeExceptionally(e);
            throw switch (session) {
                case Session.OfTeacher _, Session.OfStage _ -> new RestartableFailure(e);
                case Session.OfStudent _ -> e;
            };
        } catch (RuntimeException e) {
            monitor.failed(e);
            reply.completeExceptionally(e);
            monitor.answered();
        }
    }

    private static void abandon(Object value) {
        switch (value) {
            case TeacherSignal signal -> signal.close();
            case Snapshot snapshot -> snapshot.close();
            case null, default -> {}
        }
    }

    /** Its parts are made here, on the thread of the device. */
    private TeacherSignal serve(StageInput input) {
        if (!(session instanceof Session.OfStage(TeacherStage stage))) {
            throw new IllegalStateException("a rank that is no stage was asked to be one");
        }
        TeacherSignal signal = stage.forward(input);
        try {
            signal.parts();
            return signal;
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    private Teacher teacher() {
        if (session instanceof Session.OfTeacher(Teacher teacher)) {
            return teacher;
        }
        throw new IllegalStateException("a rank that is no teacher was asked to teach");
    }

    private Student student() {
        if (session instanceof Session.OfStudent(Student student)) {
            return student;
        }
        throw new IllegalStateException("a rank that is no student was asked to learn");
    }

    @Override
    public Behavior<Command> onSignal(Signal signal) {
        if (signal instanceof PreRestart) {
            session.close();
            monitor.restarting();
        } else if (signal instanceof PostStop) {
            session.close();
            monitor.stopped();
        }
        return this;
    }
}
