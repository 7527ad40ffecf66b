package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.coordinator.JobRules.Ruling;
import io.espalier.actors.job.coordinator.RankRegistry.Departure;
import io.espalier.actors.job.coordinator.RankRegistry.Presence;
import io.espalier.actors.job.coordinator.Recovery.Recovered;
import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Command;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Control;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.GetJob;
import io.espalier.actors.protocol.CoordinatorProtocol.Gone;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.ListJobs;
import io.espalier.actors.protocol.CoordinatorProtocol.Order;
import io.espalier.actors.protocol.CoordinatorProtocol.Progress;
import io.espalier.actors.protocol.CoordinatorProtocol.Reception;
import io.espalier.actors.protocol.CoordinatorProtocol.RestartRank;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.CoordinatorProtocol.Watch;
import io.espalier.actors.protocol.CoordinatorProtocol.Wish;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.JobList;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The knowledge and the decisions of the coordinator, one message after another and without actors, threads or clocks.
 * One append is in hand at a time; requests that need another wait for it, and nobody is answered before the journal
 * has answered: a coordinator that has been followed by another, and does not know it yet, says nothing.
 */
final class JobDesk {
    private final CoordinatorSettings settings;
    private final String coordinator;
    private final Desk desk;
    private final RankRegistry ranks;
    private final Instructions instructions = new Instructions();
    /** The jobs by id, in the order of their submission. */
    private final Map<String, JobLog> jobs = new LinkedHashMap<>();

    private final Map<String, JobProgress> progress = new HashMap<>();
    private final Deque<Command> waiting = new ArrayDeque<>();
    private final Rests rests;
    /** The latest time that the desk was told, as {@link System#nanoTime} has it. */
    private long nowNanos;

    /** Students that a coordinator before this one knew may be on their way until then. */
    private final long awaitedUntilNanos;

    private long listSeq;
    private Slots slots;
    private Append inHand;

    /** The acts that the desk leaves to its actor. */
    interface Desk extends Instructions.Post {
        /** Asks the journal; {@link #journalled} is to be called with what it says. */
        void append(String job, long expectedSeq, long epoch, List<JobEvent> events);

        <T> void answer(ActorRef<T> asker, T answer);

        /** Something happened that someone may want to read of; the job is empty where it is none's. */
        void log(String job, String what);

        /** Logs an event that should not be; the job is empty where it is none's. */
        void warn(String job, String what);

        /** Another coordinator has written: this one must end. */
        void deposed(String job, String why);
    }

    /** @param log null where the stream is the list of jobs, or a job that it has just got */
    private record Append(String stream, long seq, JobLog log, List<JobEvent> events, Runnable then) {}

    JobDesk(CoordinatorSettings settings, String coordinator, Desk desk, Recovered recovered, long nowNanos) {
        this.settings = settings;
        this.coordinator = coordinator;
        this.desk = desk;
        this.ranks = new RankRegistry(settings.silence().toNanos());
        this.awaitedUntilNanos = nowNanos + settings.silence().toNanos();
        this.rests = new Rests(settings.minRest(), settings.maxRest());
        this.nowNanos = nowNanos;
        this.listSeq = recovered.listSeq();
        recovered.jobs().forEach(log -> jobs.put(log.job().id(), log));
    }

    /** Takes in a message; {@link Watch} is for the actor. */
    void accept(Command command, long nowNanos) {
        switch (command) {
            case Hello hello -> hello(hello, nowNanos);
            case Gone gone -> departed(gone.rank(), gone.incarnation(), new Departure(gone.cause(), true), nowNanos);
            case Progress told -> told(told);
            case GetJob get -> desk.answer(get.replyTo(), view(get.job()));
            case Watch _ -> throw new IllegalArgumentException("the actor keeps its watchers itself");
            case ListJobs list -> desk.answer(list.replyTo(), list(list.mostEnded()));
            case RestartRank restart -> desk.answer(restart.replyTo(), restart(restart.rank()));
            case Submit _, Begin _, Commit _, Ended _, Control _, Order _ -> await(command, nowNanos);
        }
    }

    private void await(Command command, long nowNanos) {
        if (waiting.size() == settings.maxWaiting()) {
            desk.warn("", settings.maxWaiting() + " requests wait for the journal: dropped one, it will be made again");
            return;
        }
        waiting.add(command);
        advance(nowNanos);
    }

    private void hello(Hello hello, long nowNanos) {
        switch (ranks.hello(hello, nowNanos)) {
            case CAME -> {
                desk.log(
                        "",
                        hello.role() + " rank [" + hello.rank() + "] is there, "
                                + hello.status().state());
                instructions.forget(ranks.find(hello.rank()));
                advance(nowNanos);
                if (active() != null) {
                    Instructions.releaseIfReplaced(ranks.find(hello.rank()), active(), slots, desk);
                }
            }
            case SAME -> advance(nowNanos);
            case UNHEARD ->
                desk.send(
                        hello.host(),
                        new HostProtocol.Release(
                                active() == null ? "" : active().job().id()));
        }
    }

    /** A host is not there any more; whether its process is, its incarnation's next greeting will tell. */
    void hostTerminated(String rank, long incarnation, long nowNanos) {
        departed(rank, incarnation, new Departure("its host has ended", false), nowNanos);
    }

    private void departed(String rank, long incarnation, Departure how, long nowNanos) {
        if (ranks.gone(rank, incarnation, how)) {
            desk.warn("", "rank [" + rank + "] is gone: " + how.cause());
        }
        advance(nowNanos);
    }

    /** Time goes by. */
    void tick(long nowNanos) {
        for (Presence rank : ranks.silent(nowNanos)) {
            desk.warn("", "rank [" + rank.name() + "] is gone: it says nothing");
        }
        advance(nowNanos);
    }

    /** A message may have been lost. */
    void repeat(long nowNanos) {
        instructions.repeat(ranks, desk);
        advance(nowNanos);
    }

    private void told(Progress told) {
        JobLog log = jobs.get(told.job());
        if (log != null && log.student() != null && log.student().incarnation() == told.incarnation()) {
            progress.put(told.job(), told.progress());
        }
    }

    /** The first job that has not ended; null where all have. */
    private JobLog active() {
        return jobs.values().stream()
                .filter(log -> !log.state().ended())
                .findFirst()
                .orElse(null);
    }

    /** Does what can be done until the journal must be waited for. */
    private void advance(long nanos) {
        nowNanos = nanos;
        while (inHand == null) {
            JobLog log = active();
            if (log != null) {
                assign(log);
                boolean awaited = nowNanos < awaitedUntilNanos;
                List<JobEvent> events = isResting(log)
                        ? List.of()
                        : JobRules.next(log, ranks, slots, awaited, coordinator, settings.maxStudentRestarts());
                if (!events.isEmpty()) {
                    append(log, events, () -> {});
                    return;
                }
                instructions.tell(log, slots, ranks, desk);
            }
            Command next = waiting.poll();
            if (next == null) {
                return;
            }
            decide(next);
        }
    }

    private boolean isResting(JobLog log) {
        return log.student() == null && rests.isResting(log.job().id(), nowNanos);
    }

    private void assign(JobLog log) {
        Slots before = slots == null ? Slots.empty(log.job()) : slots;
        slots = before.refill(ranks);
    }

    private void decide(Command command) {
        switch (command) {
            case Submit submit -> submit(submit);
            case Begin begin -> rule(begin.job(), log -> JobRules.begin(log, begin), begin.replyTo());
            case Commit commit -> rule(commit.job(), log -> JobRules.commit(log, commit), commit.replyTo());
            case Ended ended ->
                rule(ended.job(), log -> JobRules.ended(log, ended, settings.maxStudentRestarts()), ended.replyTo());
            case Control control -> control(control);
            case Order order -> order(order);
            case Hello _, Gone _, Progress _, GetJob _, Watch _, ListJobs _, RestartRank _ ->
                throw new IllegalArgumentException(command + " waits for no journal");
        }
    }

    private void submit(Submit submit) {
        JobSpec job = submit.job();
        List<JobSpec> unfinished = jobs.values().stream()
                .filter(log -> !log.state().ended())
                .map(JobLog::job)
                .toList();
        Optional<String> taken = jobs.containsKey(job.id()) ? Optional.empty() : taken(job, unfinished);
        if (taken.isPresent()) {
            desk.answer(submit.replyTo(), none(job.id(), taken.get(), Refused.Reason.WRONG_STATE));
        } else if (jobs.containsKey(job.id()) || unfinished.size() < settings.maxJobs()) {
            Runnable answer = () -> desk.answer(submit.replyTo(), view(job.id()));
            JobLog known = jobs.get(job.id());
            if (known != null) {
                append(known, List.of(), answer);
            } else {
                List<JobEvent> submitted = List.of(new JobEvent.JobSubmitted(job));
                // The list first: what is in it is taken on, if need be by the next coordinator.
                append(
                        Recovery.LIST,
                        listSeq,
                        0,
                        null,
                        submitted,
                        () -> append(job.id(), 0, 0, null, submitted, answer));
            }
        } else {
            desk.answer(
                    submit.replyTo(),
                    none(
                            job.id(),
                            unfinished.size() + " jobs have not ended: there may be no more",
                            Refused.Reason.TRY_AGAIN));
        }
    }

    /** Two jobs must not write to one directory, nor take the records of one source: why this one may not be taken on. */
    private static Optional<String> taken(JobSpec job, List<JobSpec> unfinished) {
        for (JobSpec other : unfinished) {
            if (job.out().isPresent() && job.out().equals(other.out())) {
                return Optional.of(job.out().get() + ": job " + other.id() + " writes to this directory");
            }
            for (String source : job.httpSources()) {
                if (other.httpSources().contains(source)) {
                    return Optional.of("source " + source + ": job " + other.id() + " takes its records");
                }
            }
        }
        return Optional.empty();
    }

    /** Decides on a request of a student. */
    private void rule(String job, java.util.function.Function<JobLog, Ruling> rules, ActorRef<Verdict> replyTo) {
        JobLog log = jobs.get(job);
        if (log == null) {
            // Another coordinator may have taken it on since: the asker has patience, and asks again.
            desk.warn(job, "a student asks for a job that is not known here");
            return;
        }
        switch (rules.apply(log)) {
            case Ruling.Happens happens ->
                append(
                        log,
                        happens.events(),
                        () -> desk.answer(
                                replyTo, new Verdict.Granted(jobs.get(job).epoch())));
            case Ruling.Already _ ->
                append(log, List.of(), () -> desk.answer(replyTo, new Verdict.Granted(log.epoch())));
            case Ruling.Refused refused ->
                append(log, List.of(), () -> {
                    desk.warn(job, "refused a student: " + refused.why());
                    desk.answer(replyTo, new Verdict.Fenced(log.epoch(), refused.why()));
                });
            case Ruling.Later _ -> {}
        }
    }

    private void control(Control control) {
        JobLog log = jobs.get(control.job());
        if (log == null) {
            desk.answer(control.replyTo(), view(control.job()));
            return;
        }
        Runnable answer = () -> desk.answer(control.replyTo(), view(control.job()));
        if (control.wish() == Wish.RESUME) {
            rests.cutShort(control.job(), nowNanos);
        }
        switch (JobRules.control(log, control.wish())) {
            case Ruling.Happens happens -> append(log, happens.events(), answer);
            case Ruling.Already _, Ruling.Later _ -> append(log, List.of(), answer);
            case Ruling.Refused refused ->
                append(
                        log,
                        List.of(),
                        () -> desk.answer(control.replyTo(), because(view(control.job()), refused.why())));
        }
    }

    private void order(Order order) {
        JobLog log = jobs.get(order.job());
        if (log == null) {
            desk.answer(order.replyTo(), turnedDown("there is no such job", Refused.Reason.NOT_FOUND));
            return;
        }
        append(log, List.of(), () -> desk.answer(order.replyTo(), passOn(order)));
    }

    private Reception passOn(Order order) {
        JobLog log = jobs.get(order.job());
        if (log.state().ended()) {
            return turnedDown("a job that is " + log.state() + " takes no orders", Refused.Reason.WRONG_STATE);
        }
        Presence student = log.student() == null || !log.begun() ? null : ranks.find(log.student());
        if (student == null) {
            return turnedDown("its student is not there yet, or not any more", Refused.Reason.TRY_AGAIN);
        }
        desk.send(student.host(), new HostProtocol.Order(order.job(), order.order()));
        return new Reception.Taken();
    }

    private Reception restart(String name) {
        Presence rank = ranks.find(name);
        if (rank == null) {
            return turnedDown("rank " + name + " is not there", Refused.Reason.NOT_FOUND);
        }
        desk.send(rank.host(), new HostProtocol.Park());
        return new Reception.Taken();
    }

    private static Reception turnedDown(String why, Refused.Reason reason) {
        return new Reception.TurnedDown(why, reason.exitCode());
    }

    /** Appends events; an append without events makes sure that no other coordinator has written. */
    private void append(JobLog log, List<JobEvent> events, Runnable then) {
        append(log.job().id(), log.seq(), log.epoch(), log, events, then);
    }

    private void append(String stream, long seq, long epoch, JobLog log, List<JobEvent> events, Runnable then) {
        inHand = new Append(stream, seq, log, events, then);
        desk.append(stream, seq, epoch, events);
    }

    /** The journal has answered. */
    void journalled(Journal.Outcome outcome, long nowNanos) {
        Append done = inHand;
        switch (outcome) {
            case Journal.Outcome.Conflict conflict ->
                desk.deposed(done.stream, "its journal has " + conflict.currentSeq() + " events, not " + done.seq);
            case Journal.Outcome.Appended appended -> {
                inHand = null;
                this.nowNanos = nowNanos;
                if (done.stream.equals(Recovery.LIST)) {
                    listSeq = appended.seq();
                } else {
                    happened(done);
                }
                done.then.run();
                advance(nowNanos);
            }
        }
    }

    private void happened(Append done) {
        boolean active = done.log != null && done.log.equals(active());
        JobLog log = done.log == null ? JobLog.of(done.events) : done.log.applyAll(done.events);
        jobs.put(done.stream, log);
        for (JobEvent event : done.events) {
            desk.log(done.stream, event.toString());
            if (event instanceof JobEvent.StudentParked parked) {
                ranks.gone(parked.student(), parked.incarnation(), new Departure("parked", true));
            }
            if (event instanceof JobEvent.CheckpointCommitted) {
                rests.forget(done.stream);
            }
            if (event instanceof JobEvent.StudentLost lost && lost.ended()) {
                ranks.gone(lost.student(), lost.incarnation(), new Departure(lost.cause(), true));
                rests.begin(done.stream, lost.waits(), nowNanos);
            }
        }
        if (log.state().ended() && active) {
            instructions.release(log.job().id(), ranks, desk);
            rests.forget(log.job().id());
            slots = null;
        }
    }

    private JobList list(int mostEnded) {
        long ended = jobs.values().stream().filter(log -> log.state().ended()).count();
        long left = Math.max(0, ended - mostEnded);
        List<JobList.Entry> listed = new ArrayList<>();
        for (JobLog log : jobs.values()) {
            if (log.state().ended() && left > 0) {
                left--;
            } else {
                listed.add(new JobList.Entry(log.job(), view(log.job().id())));
            }
        }
        return new JobList(listed, jobs.size());
    }

    /** The state of a job as its watchers see it. */
    JobView view(String job) {
        JobLog log = jobs.get(job);
        if (log == null) {
            return none(job, "there is no such job", Refused.Reason.NOT_FOUND);
        }
        boolean active = log.equals(active());
        return new JobView(
                job,
                isResting(log) && log.state() == JobState.RUNNING ? JobState.PAUSED : log.state(),
                log.epoch(),
                log.committedStep(),
                progress.get(job),
                active ? ranks.all().stream().map(Presence::status).toList() : List.of(),
                log.restarts(),
                log.cause().isEmpty() && log.state() == JobState.STARTING ? waitsFor(log, active) : log.cause(),
                log.exitCode());
    }

    private String waitsFor(JobLog log, boolean active) {
        if (!active) {
            return "waits for job " + active().job().id();
        }
        if (log.student() == null) {
            return "waits for a student rank";
        }
        long missing = slots == null ? 0 : slots.missing();
        return missing == 0 ? "the student is loading" : "waits for " + missing + " teacher ranks";
    }

    private static JobView none(String job, String cause, Refused.Reason reason) {
        return new JobView(job, JobState.FAILED, 0, 0, null, List.of(), 0, cause, reason.exitCode());
    }

    private static JobView because(JobView view, String cause) {
        return new JobView(
                view.job(),
                view.state(),
                view.epoch(),
                view.committedStep(),
                view.progress(),
                view.ranks(),
                view.restarts(),
                cause,
                view.exitCode());
    }
}
