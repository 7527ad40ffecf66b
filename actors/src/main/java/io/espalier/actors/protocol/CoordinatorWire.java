package io.espalier.actors.protocol;

import static io.espalier.actors.protocol.WireValues.progress;
import static io.espalier.actors.protocol.WireValues.spec;
import static io.espalier.actors.protocol.WireValues.status;
import static io.espalier.actors.protocol.WireValues.unknown;

import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Control;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.GetJob;
import io.espalier.actors.protocol.CoordinatorProtocol.Gone;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.ListJobs;
import io.espalier.actors.protocol.CoordinatorProtocol.Order;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Again;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Completed;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Failed;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome.Parked;
import io.espalier.actors.protocol.CoordinatorProtocol.Progress;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Reception.Taken;
import io.espalier.actors.protocol.CoordinatorProtocol.Reception.TurnedDown;
import io.espalier.actors.protocol.CoordinatorProtocol.RestartRank;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict.Fenced;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict.Granted;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.proto.control.Wire;
import java.util.List;

/** The coordinator's protocol on the wire. */
final class CoordinatorWire {
    private final WireValues values;

    CoordinatorWire(WireValues values) {
        this.values = values;
    }

    List<WireMapping<?, ?>> mappings() {
        return List.of(
                new WireMapping<>("submit", Submit.class, this::submit, Wire.Submit.parser(), this::submit),
                new WireMapping<>("hello", Hello.class, this::hello, Wire.Hello.parser(), this::hello),
                new WireMapping<>("gone", Gone.class, CoordinatorWire::gone, Wire.Gone.parser(), CoordinatorWire::gone),
                new WireMapping<>("begin", Begin.class, this::begin, Wire.Begin.parser(), this::begin),
                new WireMapping<>("commit", Commit.class, this::commit, Wire.Commit.parser(), this::commit),
                new WireMapping<>(
                        "progress",
                        Progress.class,
                        CoordinatorWire::told,
                        Wire.Progress.parser(),
                        CoordinatorWire::told),
                new WireMapping<>("ended", Ended.class, this::ended, Wire.Ended.parser(), this::ended),
                new WireMapping<>("control", Control.class, this::control, Wire.Control.parser(), this::control),
                new WireMapping<>("get-job", GetJob.class, this::getJob, Wire.GetJob.parser(), this::getJob),
                new WireMapping<>("watch", Watch.class, this::watch, Wire.Watch.parser(), this::watch),
                new WireMapping<>(
                        "granted",
                        Granted.class,
                        granted -> Wire.Granted.newBuilder()
                                .setEpoch(granted.epoch())
                                .build(),
                        Wire.Granted.parser(),
                        granted -> new Granted(granted.getEpoch())),
                new WireMapping<>(
                        "fenced",
                        Fenced.class,
                        fenced -> Wire.Fenced.newBuilder()
                                .setEpoch(fenced.epoch())
                                .setWhy(fenced.why())
                                .build(),
                        Wire.Fenced.parser(),
                        fenced -> new Fenced(fenced.getEpoch(), fenced.getWhy())),
                new WireMapping<>("list-jobs", ListJobs.class, this::list, Wire.ListJobs.parser(), this::list),
                new WireMapping<>("order", Order.class, this::order, Wire.GiveOrder.parser(), this::order),
                new WireMapping<>(
                        "restart-rank", RestartRank.class, this::restart, Wire.RestartRank.parser(), this::restart),
                new WireMapping<>(
                        "taken",
                        Taken.class,
                        _ -> Wire.Taken.getDefaultInstance(),
                        Wire.Taken.parser(),
                        _ -> new Taken()),
                new WireMapping<>(
                        "turned-down",
                        TurnedDown.class,
                        turned -> Wire.TurnedDown.newBuilder()
                                .setWhy(turned.why())
                                .setExitCode(turned.exitCode())
                                .build(),
                        Wire.TurnedDown.parser(),
                        turned -> new TurnedDown(turned.getWhy(), turned.getExitCode())),
                new WireMapping<>("jobs", JobList.class, JobWire::list, Wire.JobList.parser(), JobWire::list),
                new WireMapping<>("job", JobView.class, JobWire::view, Wire.JobView.parser(), JobWire::view));
    }

    private Wire.Submit submit(Submit submit) {
        return Wire.Submit.newBuilder()
                .setJob(spec(submit.job()))
                .setReplyTo(values.ref(submit.replyTo()))
                .build();
    }

    private Submit submit(Wire.Submit submit) {
        return new Submit(spec(submit.getJob()), values.ref(submit.getReplyTo()));
    }

    private Wire.Hello hello(Hello hello) {
        return Wire.Hello.newBuilder()
                .setRank(hello.rank())
                .setIncarnation(hello.incarnation())
                .setRole(
                        switch (hello.role()) {
                            case TEACHER -> Wire.RankRole.TEACHER;
                            case STUDENT -> Wire.RankRole.STUDENT;
                        })
                .setStatus(status(hello.status()))
                .setHost(values.ref(hello.host()))
                .build();
    }

    private Hello hello(Wire.Hello hello) {
        RankRole role = switch (hello.getRole()) {
            case TEACHER -> RankRole.TEACHER;
            case STUDENT -> RankRole.STUDENT;
            case RANK_ROLE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(hello.getRole());
        };
        return new Hello(
                hello.getRank(), hello.getIncarnation(), role, status(hello.getStatus()), values.ref(hello.getHost()));
    }

    private static Wire.Gone gone(Gone gone) {
        return Wire.Gone.newBuilder()
                .setRank(gone.rank())
                .setIncarnation(gone.incarnation())
                .setCause(gone.cause())
                .build();
    }

    private static Gone gone(Wire.Gone gone) {
        return new Gone(gone.getRank(), gone.getIncarnation(), gone.getCause());
    }

    private Wire.Begin begin(Begin begin) {
        return Wire.Begin.newBuilder()
                .setJob(begin.job())
                .setEpoch(begin.epoch())
                .setIncarnation(begin.incarnation())
                .setBaseStep(begin.baseStep())
                .setReplyTo(values.ref(begin.replyTo()))
                .build();
    }

    private Begin begin(Wire.Begin begin) {
        return new Begin(
                begin.getJob(),
                begin.getEpoch(),
                begin.getIncarnation(),
                begin.getBaseStep(),
                values.ref(begin.getReplyTo()));
    }

    private Wire.Commit commit(Commit commit) {
        return Wire.Commit.newBuilder()
                .setJob(commit.job())
                .setEpoch(commit.epoch())
                .setIncarnation(commit.incarnation())
                .setStep(commit.step())
                .setSha256(commit.sha256())
                .setReplyTo(values.ref(commit.replyTo()))
                .build();
    }

    private Commit commit(Wire.Commit commit) {
        return new Commit(
                commit.getJob(),
                commit.getEpoch(),
                commit.getIncarnation(),
                commit.getStep(),
                commit.getSha256(),
                values.ref(commit.getReplyTo()));
    }

    private static Wire.Progress told(Progress told) {
        return Wire.Progress.newBuilder()
                .setJob(told.job())
                .setEpoch(told.epoch())
                .setIncarnation(told.incarnation())
                .setProgress(progress(told.progress()))
                .build();
    }

    private static Progress told(Wire.Progress told) {
        return new Progress(told.getJob(), told.getEpoch(), told.getIncarnation(), progress(told.getProgress()));
    }

    private Wire.Ended ended(Ended ended) {
        Wire.Ended.Builder wire = Wire.Ended.newBuilder()
                .setJob(ended.job())
                .setEpoch(ended.epoch())
                .setIncarnation(ended.incarnation())
                .setReplyTo(values.ref(ended.replyTo()));
        return switch (ended.outcome()) {
            case Completed completed ->
                wire.setCompleted(Wire.Completed.newBuilder()
                                .setSteps(completed.steps())
                                .setEarly(completed.early()))
                        .build();
            case Parked parked ->
                wire.setParked(Wire.Parked.newBuilder().setSteps(parked.steps()))
                        .build();
            case Failed failed ->
                wire.setFailure(Wire.Failure.newBuilder()
                                .setCause(failed.cause())
                                .setRetry(failed.again() != Again.NEVER)
                                .setWaits(failed.again() == Again.WHEN_WELL)
                                .setExitCode(failed.exitCode()))
                        .build();
        };
    }

    private Ended ended(Wire.Ended ended) {
        CoordinatorProtocol.Outcome outcome = switch (ended.getOutcomeCase()) {
            case COMPLETED ->
                new Completed(
                        ended.getCompleted().getSteps(), ended.getCompleted().getEarly());
            case PARKED -> new Parked(ended.getParked().getSteps());
            case FAILURE ->
                new Failed(
                        ended.getFailure().getCause(),
                        again(ended.getFailure()),
                        ended.getFailure().getExitCode());
            case OUTCOME_NOT_SET -> throw new IllegalArgumentException("an outcome is absent or unknown here");
        };
        return new Ended(
                ended.getJob(), ended.getEpoch(), ended.getIncarnation(), outcome, values.ref(ended.getReplyTo()));
    }

    private static Again again(Wire.Failure failure) {
        if (!failure.getRetry()) {
            return Again.NEVER;
        }
        return failure.getWaits() ? Again.WHEN_WELL : Again.COUNTED;
    }

    private Wire.Control control(Control control) {
        return Wire.Control.newBuilder()
                .setJob(control.job())
                .setWish(
                        switch (control.wish()) {
                            case PAUSE -> Wire.Wish.PAUSE;
                            case RESUME -> Wire.Wish.RESUME;
                            case DRAIN -> Wire.Wish.DRAIN;
                            case STOP -> Wire.Wish.STOP;
                        })
                .setReplyTo(values.ref(control.replyTo()))
                .build();
    }

    private Control control(Wire.Control control) {
        Wish wish = switch (control.getWish()) {
            case PAUSE -> Wish.PAUSE;
            case RESUME -> Wish.RESUME;
            case DRAIN -> Wish.DRAIN;
            case STOP -> Wish.STOP;
            case WISH_UNSPECIFIED, UNRECOGNIZED -> throw unknown(control.getWish());
        };
        return new Control(control.getJob(), wish, values.ref(control.getReplyTo()));
    }

    private Wire.ListJobs list(ListJobs list) {
        return Wire.ListJobs.newBuilder()
                .setMostEnded(list.mostEnded())
                .setReplyTo(values.ref(list.replyTo()))
                .build();
    }

    private ListJobs list(Wire.ListJobs list) {
        return new ListJobs(list.getMostEnded(), values.ref(list.getReplyTo()));
    }

    private Wire.GiveOrder order(Order order) {
        return Wire.GiveOrder.newBuilder()
                .setOrder(OrderWire.order(order.job(), order.order()))
                .setReplyTo(values.ref(order.replyTo()))
                .build();
    }

    private Order order(Wire.GiveOrder order) {
        return new Order(order.getOrder().getJob(), OrderWire.order(order.getOrder()), values.ref(order.getReplyTo()));
    }

    private Wire.RestartRank restart(RestartRank restart) {
        return Wire.RestartRank.newBuilder()
                .setRank(restart.rank())
                .setReplyTo(values.ref(restart.replyTo()))
                .build();
    }

    private RestartRank restart(Wire.RestartRank restart) {
        return new RestartRank(restart.getRank(), values.ref(restart.getReplyTo()));
    }

    private Wire.GetJob getJob(GetJob get) {
        return Wire.GetJob.newBuilder()
                .setJob(get.job())
                .setReplyTo(values.ref(get.replyTo()))
                .build();
    }

    private GetJob getJob(Wire.GetJob get) {
        return new GetJob(get.getJob(), values.ref(get.getReplyTo()));
    }

    private Wire.Watch watch(Watch watch) {
        return Wire.Watch.newBuilder()
                .setJob(watch.job())
                .setWatcher(values.ref(watch.watcher()))
                .build();
    }

    private Watch watch(Wire.Watch watch) {
        return new Watch(watch.getJob(), values.ref(watch.getWatcher()));
    }
}
