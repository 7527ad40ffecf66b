package io.espalier.actors.continual;

import io.espalier.actors.job.Awaited;
import io.espalier.actors.job.BetweenSteps;
import io.espalier.actors.job.Checkpointer;
import io.espalier.actors.job.Quarantine;
import io.espalier.actors.job.RunActor;
import io.espalier.actors.job.RunCard;
import io.espalier.actors.job.RunRanks;
import io.espalier.actors.job.TeacherRank;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.FaultPoint;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.train.Snapshot;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TrainingCheckpoint;
import io.espalier.proto.state.ValidationState;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The work of a run on live text between two steps, in this order: it carries out what operators have ordered, scores
 * the student on held-out text, goes back from weights that have collapsed, commits a checkpoint, publishes the student
 * where the gate lets it pass, and takes another teacher where one was ordered.
 */
final class LiveSteps implements BetweenSteps {
    private static final CompletionStage<Void> DONE = CompletableFuture.completedFuture(null);

    private final ContinualRequest request;
    private final LiveParts parts;
    private final RunCard card;
    private final Checkpointer checkpoints;
    private final Quarantine quarantine;
    private final GlobalBatch seen = new GlobalBatch();
    private RunRanks ranks;
    private TeacherIdentity teacher;
    private long rollbacks;
    private int skipped;
    private long sinceCandidate;
    private double learningRate = Double.NaN;
    private long taken;

    /** @param teacher that the run goes on with */
    LiveSteps(
            ContinualRequest request,
            LiveParts parts,
            RunCard card,
            Checkpointer checkpoints,
            TeacherIdentity teacher) {
        this.request = request;
        this.parts = parts;
        this.card = card;
        this.checkpoints = checkpoints;
        this.teacher = teacher;
        this.taken = checkpoints.state().getStep();
        int limit = request.training().schedule().maxSkipped();
        this.quarantine = new Quarantine(
                request.training().out(), taken, limit * (1 + request.gates().maxRollbacks()));
    }

    @Override
    public CompletionStage<Void> begin(RunRanks of) {
        ranks = of;
        checkpoints.amend(state -> state.getContinualBuilder().setTeacherDigest(teacher.digest()));
        long step = checkpoints.state().getStep();
        parts.events().add(EventKind.STARTED, step, step == 0 ? "the run begins" : "the run goes on");
        return step == 0 ? beginAnew() : parts.referee().refer(ranks, teacher, parts.resumed());
    }

    /**
     * Makes the student that the run begins with the first version: candidates are compared with it, and the run goes
     * back to it, until there is another.
     */
    private CompletionStage<Void> beginAnew() {
        return parts.referee().score(ranks, 0).thenCompose(found -> {
            Versions.Judged judged = parts.referee().judged(found, teacher);
            parts.referee().refer(judged);
            parts.log().accept(found.validated(true));
            return ranks.student().<Snapshot>ask(RankWorker.TakeSnapshot::new).thenAccept(snapshot -> {
                try (snapshot) {
                    parts.versions().begin(place -> checkpoints.copy(place, snapshot), judged);
                }
            });
        });
    }

    @Override
    public void before(double waitedSeconds) {
        parts.log().waited(waitedSeconds);
    }

    @Override
    public CompletionStage<?> after(StepReport report, TokenBatch batch) {
        checkpoints.accept(report, batch);
        card.accept(report);
        quarantine.accept(report);
        parts.log().accept(report);
        seen.add(report);
        if (!report.complete()) {
            return DONE;
        }
        learningRate = report.learningRate();
        parts.drift().accept(report.step(), seen.teacherLoss(), seen.kl());
        seen.clear();
        Turn turn = new Turn(report.step(), checkpoints.isDue(report));
        return carryOut(turn, parts.orders().take())
                .thenCompose(_ -> goBackFromNonsense(turn, report))
                .thenCompose(_ -> settle(turn));
    }

    private CompletionStage<Void> settle(Turn turn) {
        return judge(turn)
                .thenCompose(_ -> commit(turn))
                .thenCompose(_ -> publish(turn))
                .thenCompose(_ -> exchangeTeacher(turn));
    }

    /**
     * Carries out the orders that have come. An order that changes the student waits for a step where this step's
     * checkpoint was taken already.
     */
    @Override
    public CompletionStage<?> whileIdle() {
        boolean written = checkpoints.committed().toCompletableFuture().isDone();
        if (!written || seen.begun()) {
            return DONE;
        }
        Turn turn = new Turn(checkpoints.state().getStep(), false);
        List<JobOrder> orders = turn.step == taken
                ? parts.orders().takeHarmless()
                : parts.orders().take();
        return carryOut(turn, orders).thenCompose(_ -> turn.commit && turn.step != taken ? settle(turn) : commit(turn));
    }

    @Override
    public CompletionStage<Optional<JobOrder>> look(JobOrder order) {
        if (!parts.orders().isNew(order)) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        return switch (order) {
            case JobOrder.SwapTeacher swap ->
                parts.swaps().check(swap).thenApply(Optional::<JobOrder>of).exceptionally(failure -> {
                    String why = Awaited.cause(failure).getMessage();
                    parts.orders().failed(swap.operation(), checkpoints.state().getStep(), why);
                    return Optional.empty();
                });
            case JobOrder.Checkpoint _, JobOrder.Rollback _, JobOrder.Tune _ ->
                CompletableFuture.completedFuture(Optional.of(order));
        };
    }

    @Override
    public void take(JobOrder order) {
        parts.orders().add(order, checkpoints.state().getStep());
    }

    @Override
    public void everySecond(RunActor.Phase phase, double idleSeconds) {
        parts.everySecond().accept(phase, idleSeconds);
    }

    private CompletionStage<Void> carryOut(Turn turn, List<JobOrder> orders) {
        CompletionStage<Void> done = DONE;
        for (JobOrder order : orders) {
            done = done.thenCompose(_ -> carryOut(turn, order));
        }
        return done;
    }

    private CompletionStage<Void> carryOut(Turn turn, JobOrder order) {
        return switch (order) {
            case JobOrder.Checkpoint checkpoint -> {
                turn.promise(checkpoint.operation(), "a checkpoint was committed");
                yield DONE;
            }
            case JobOrder.Tune tune -> {
                tune(turn, tune);
                yield DONE;
            }
            case JobOrder.Rollback rollback -> goBackByOrder(turn, rollback);
            case JobOrder.SwapTeacher swap -> {
                if (turn.swap != null) {
                    parts.orders().failed(swap.operation(), turn.step, "another was ordered at the same time");
                } else {
                    turn.swap = swap;
                    turn.commit = true;
                }
                yield DONE;
            }
        };
    }

    private void tune(Turn turn, JobOrder.Tune tune) {
        try {
            tune.replayShare().ifPresent(share -> {
                parts.replayShare().accept(share);
                parts.events()
                        .add(
                                EventKind.REPLAY_SHARE,
                                turn.step,
                                "the share of replayed rows is " + share,
                                line -> line.put("replay_share", share));
            });
            tune.learningRate().ifPresent(rate -> {
                parts.rate().set(rate);
                checkpoints.amend(state -> state.getContinualBuilder().setLearningRate(rate));
                parts.events()
                        .add(
                                EventKind.LEARNING_RATE,
                                turn.step,
                                "the learning rate is " + rate,
                                line -> line.put("learning_rate", rate));
            });
            parts.orders().done(tune.operation(), turn.step, "settings were changed");
        } catch (Refused e) {
            parts.orders().failed(tune.operation(), turn.step, e.getMessage());
        }
    }

    private CompletionStage<Void> goBackByOrder(Turn turn, JobOrder.Rollback order) {
        TrainingCheckpoint state;
        try {
            parts.versions().requireKnown(order.version());
            state = TrainingCheckpoint.open(parts.versions().state(order.version()));
        } catch (Refused | UncheckedIOException e) {
            // All of it is read before anything is changed: a version that is damaged is the order's trouble.
            parts.orders().failed(order.operation(), turn.step, e.getMessage());
            return DONE;
        }
        turn.promise(order.operation(), "the student has the weights of " + order.version() + " again");
        return goBack(turn, order.version(), state, "it was ordered")
                .thenRun(() -> parts.versions().makeCurrent(order.version()));
    }

    /** Global batches in a row that are not finite, of which the optimiser took none. */
    private CompletionStage<Void> goBackFromNonsense(Turn turn, StepReport report) {
        skipped = report.outcome() == StepReport.Outcome.SKIPPED ? skipped + 1 : 0;
        if (skipped < request.training().schedule().maxSkipped()) {
            return DONE;
        }
        skipped = 0;
        return collapse(turn, "its loss or gradient on global batches in a row was no number");
    }

    private CompletionStage<Void> judge(Turn turn) {
        boolean due = turn.commit || turn.step % request.training().validation().every() == 0;
        if (!due) {
            return DONE;
        }
        return score(turn).thenCompose(_ -> {
            Optional<String> why = parts.referee().collapse(turn.found);
            if (why.isEmpty()) {
                rollbacks = turn.wentBack ? rollbacks : 0;
                return DONE;
            }
            return collapse(turn, why.get()).thenCompose(_ -> score(turn));
        });
    }

    private CompletionStage<Void> score(Turn turn) {
        return parts.referee().score(ranks, turn.step).thenAccept(found -> {
            turn.found = found;
            double kl = found.validated(false).score();
            ValidationState best = checkpoints.state().getValidation();
            boolean better = best.getBestStep() == 0 || kl < best.getBest();
            parts.log().accept(found.validated(better));
            if (better) {
                checkpoints.amend(state ->
                        state.getValidationBuilder().setBestStep(turn.step).setBest(kl));
            }
        });
    }

    private CompletionStage<Void> collapse(Turn turn, String why) {
        parts.events().add(EventKind.COLLAPSE, turn.step, "the student has collapsed: " + why);
        if (++rollbacks > request.gates().maxRollbacks()) {
            throw Refused.invalid(
                    request.training().out(),
                    "step " + turn.step,
                    why,
                    "must not come again after " + request.gates().maxRollbacks() + " rollbacks in a row");
        }
        String version = parts.versions().reference();
        return goBack(turn, version, TrainingCheckpoint.open(parts.versions().state(version)), why);
    }

    private CompletionStage<Void> goBack(Turn turn, String version, TrainingCheckpoint from, String why) {
        turn.wentBack = true;
        turn.commit = true;
        long restored = parts.versions().judged(version).orElseThrow().step();
        return Referee.restore(ranks, from)
                .thenCompose(_ -> parts.referee().referRestored(ranks, teacher, version))
                .thenRun(() -> {
                    checkpoints.amend(state -> state.getContinualBuilder().setRestoredStep(restored));
                    parts.events()
                            .add(
                                    EventKind.ROLLED_BACK,
                                    turn.step,
                                    "the student has the weights of " + version + ", of step " + restored
                                            + ", again, and the text goes on: " + why,
                                    line -> line.put("version", version).put("restored_step", restored));
                });
    }

    /** A checkpoint of a step that has one already is not taken again. */
    private CompletionStage<Void> commit(Turn turn) {
        if (!turn.commit) {
            return DONE;
        }
        if (turn.step == taken) {
            checkpoints.committed().thenRun(() -> keepPromises(turn));
            return DONE;
        }
        if (turn.swap != null) {
            checkpoints.amend(state -> state.getContinualBuilder()
                    .setTeacher(turn.swap.teacher().toString())
                    .setTeacherDigest(turn.swap.digest()));
        }
        taken = turn.step;
        return checkpoints.take(ranks.student()).thenRun(() -> {
            checkpoints.amend(state -> state.getContinualBuilder().clearRestoredStep());
            checkpoints.committed().thenRun(() -> keepPromises(turn));
        });
    }

    private void keepPromises(Turn turn) {
        turn.promised.forEach(promise -> parts.orders().done(promise.operation(), turn.step, promise.what()));
    }

    private CompletionStage<Void> publish(Turn turn) {
        boolean candidate = turn.commit
                && !turn.wentBack
                && ++sinceCandidate >= request.gates().every();
        if (!candidate) {
            return DONE;
        }
        sinceCandidate = 0;
        return switch (parts.referee().decide(turn.found)) {
            case PairedGate.Decision.Keep keep -> {
                tellKept(turn, keep);
                yield DONE;
            }
            case PairedGate.Decision.Pass pass ->
                checkpoints
                        .committed()
                        .thenCompose(_ -> parts.publisher()
                                .publish(
                                        ranks,
                                        parts.committed(),
                                        turn.found,
                                        parts.referee().judged(turn.found, teacher),
                                        pass.all(),
                                        teacher))
                        .thenAccept(version -> onPublished(turn, version, pass.all()));
        };
    }

    private void tellKept(Turn turn, PairedGate.Decision.Keep keep) {
        parts.events()
                .add(
                        EventKind.CANDIDATE_KEPT,
                        turn.step,
                        parts.versions().reference() + " stays: " + keep.why(),
                        line -> line.put("domain", keep.domain())
                                .put("kl_difference", keep.found().mean())
                                .put("low", keep.found().low())
                                .put("high", keep.found().high())
                                .put("allowed", keep.allowed()));
    }

    private void onPublished(Turn turn, String version, PairedGate.Interval better) {
        parts.referee().refer(parts.referee().judged(turn.found, teacher));
        parts.events()
                .add(
                        EventKind.PUBLISHED,
                        turn.step,
                        String.format(
                                Locale.ROOT, "%s is published: its KL differs by %s nats", version, better.text()),
                        line -> line.put("version", version)
                                .put("kl_difference", better.mean())
                                .put("low", better.low())
                                .put("high", better.high()));
    }

    /**
     * Takes the teacher that was ordered. The checkpoint that names it is committed first, so that a run that is killed
     * now goes on with it.
     */
    private CompletionStage<Void> exchangeTeacher(Turn turn) {
        if (turn.swap == null) {
            return DONE;
        }
        JobOrder.SwapTeacher swap = turn.swap;
        return checkpoints.committed().thenCompose(_ -> {
            ranks.replaceTeacher(
                    TeacherRank.whole(request.training().compute(), swap.teacher(), FeatureLoss.NONE, null));
            teacher = new TeacherIdentity(swap.teacher(), swap.digest());
            card.taughtBy(swap.teacher());
            return parts.referee()
                    .refer(ranks, teacher, parts.committed().checkpoint())
                    .thenRun(() -> {
                        parts.events()
                                .add(
                                        EventKind.TEACHER_SWAPPED,
                                        turn.step,
                                        "the teacher is " + swap.teacher() + " from here on",
                                        line -> line.put("digest", swap.digest()));
                        parts.orders().done(swap.operation(), turn.step, "the teacher was exchanged");
                    });
        });
    }

    /** The learning rate of the last step; NaN before the first. */
    double learningRate() {
        return learningRate;
    }

    @Override
    public boolean enough() {
        return false;
    }

    @Override
    public void noMoreOrders() {
        parts.orders().close(checkpoints.state().getStep());
    }

    @Override
    public CompletionStage<Path> end(boolean early, boolean parked) {
        long step = checkpoints.state().getStep();
        checkpoints.end(ranks.student(), true);
        FaultPoint.TRAINING_ENDED.reached();
        if (parked || !early) {
            parts.events().add(EventKind.PARKED, step, "the run is parked, and can be taken up again");
            return CompletableFuture.completedFuture(request.training().out());
        }
        card.write(request.training().out());
        return ranks.student()
                .<Path>ask(reply -> new RankWorker.Save(request.training().out(), reply))
                .thenApply(out -> {
                    parts.events().add(EventKind.ENDED, step, "the run has ended: its student is saved");
                    return out;
                });
    }
}
