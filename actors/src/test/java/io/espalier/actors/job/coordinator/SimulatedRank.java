package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.CommitAuthority;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.protocol.CoordinatorProtocol.Begin;
import io.espalier.actors.protocol.CoordinatorProtocol.Commit;
import io.espalier.actors.protocol.CoordinatorProtocol.Ended;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Verdict;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Learn;
import io.espalier.actors.protocol.HostProtocol.Lineage;
import io.espalier.actors.rank.RankStatus;
import io.espalier.gpu.train.TrainingCheckpoint.Origin;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A process of a rank. A student does as the real one: it loads, begins, steps, asks, renames, asks again, and ends.
 */
final class SimulatedRank {
    private static final long CHECKPOINT_EVERY = 3;

    private final SimulatedCluster cluster;
    private final String name;
    private final long incarnation;
    private final RankRole role;
    private final ActorRef<HostProtocol.Command> host;
    /** The messages that came while it slept. */
    private final List<Object> missed = new ArrayList<>();

    private boolean alive = true;
    private boolean asleep;
    private Run run;

    record Checkpoint(long epoch, String sha256) {}

    /** Makes a question of an epoch. */
    @FunctionalInterface
    private interface Question {
        CoordinatorProtocol.Command in(long epoch, ActorRef<Verdict> replyTo);
    }

    /** A student at work. */
    private static final class Run {
        private long epoch;
        private final List<Lineage> lineage;
        private boolean begun;
        private long step;
        private Question pending;
        private long asked;
        private Consumer<Long> onGranted;
        private Runnable next;

        private Run(long epoch, List<Lineage> lineage) {
            this.epoch = epoch;
            this.lineage = new ArrayList<>(lineage);
        }
    }

    SimulatedRank(SimulatedCluster cluster, String name, long incarnation, RankRole role) {
        this.cluster = cluster;
        this.name = name;
        this.incarnation = incarnation;
        this.role = role;
        this.host = cluster.mailbox(this::receive);
    }

    String name() {
        return name;
    }

    long incarnation() {
        return incarnation;
    }

    boolean alive() {
        return alive;
    }

    void kill() {
        alive = false;
    }

    void sleep() {
        asleep = true;
    }

    void wake() {
        asleep = false;
        List.copyOf(missed).forEach(this::receive);
        missed.clear();
    }

    void hello() {
        if (alive && !asleep) {
            cluster.tell(new Hello(name, incarnation, role, new RankStatus(name, RankStatus.State.READY, 0, 0), host));
        }
    }

    private void receive(Object message) {
        if (asleep) {
            missed.add(message);
        } else if (alive && role == RankRole.STUDENT) {
            switch ((HostProtocol.Command) message) {
                case Learn learn -> learn(learn);
                case HostProtocol.Release _ -> alive = run == null && alive;
                case HostProtocol.Teach _,
                        HostProtocol.Teachers _,
                        HostProtocol.Pause _,
                        HostProtocol.Drain _,
                        HostProtocol.Order _,
                        HostProtocol.Park _,
                        HostProtocol.Attach _,
                        HostProtocol.Detach _ -> {}
            }
        }
    }

    private void learn(Learn learn) {
        if (run != null) {
            run.epoch = Math.max(run.epoch, learn.epoch());
            return;
        }
        run = new Run(learn.epoch(), learn.lineage());
        for (Map.Entry<Long, Checkpoint> newest : cluster.disk.descendingMap().entrySet()) {
            if (owns(newest.getValue(), newest.getKey())) {
                run.step = newest.getKey();
                break;
            }
        }
        Checkpoint from = cluster.disk.get(run.step);
        cluster.loaded.put(incarnation, from == null ? "" : from.sha256());
        long base = run.step;
        ask((epoch, reply) -> new Begin(SimulatedCluster.JOB, epoch, incarnation, base, reply), granted -> {
            run.lineage.add(new Lineage(granted, base));
            run.begun = true;
        });
    }

    /** Whether a checkpoint is the job's by the rule of the real store. */
    private boolean owns(Checkpoint checkpoint, long step) {
        return new Owner(run.epoch, run.lineage).owns(new Origin(SimulatedCluster.JOB, checkpoint.epoch()), step);
    }

    private record Owner(long epoch, List<Lineage> lineage) implements CommitAuthority {
        @Override
        public CompletionStage<Verdict> begin(long baseStep) {
            throw new UnsupportedOperationException("asked for what it owns alone");
        }

        @Override
        public CompletionStage<Verdict> commit(long step, String manifestSha256) {
            return begin(step);
        }

        @Override
        public CompletionStage<Verdict> affirm() {
            return begin(0);
        }

        @Override
        public Origin origin() {
            return new Origin(SimulatedCluster.JOB, epoch);
        }

        @Override
        public boolean alone() {
            return false;
        }

        @Override
        public String owner() {
            return SimulatedCluster.JOB;
        }
    }

    private void ask(Question question, Consumer<Long> onGranted) {
        run.pending = question;
        run.onGranted = onGranted;
        run.asked++;
        long mine = run.asked;
        long epoch = run.epoch;
        Run asker = run;
        cluster.tell(question.in(epoch, cluster.mailbox(verdict -> heard(asker, mine, epoch, (Verdict) verdict))));
    }

    private void heard(Run asker, long question, long epoch, Verdict verdict) {
        if (asleep) {
            // Its thread waits in the question; it hears when it wakes, or asks again.
            return;
        }
        if (!alive || run != asker || run.asked != question || run.pending == null) {
            return;
        }
        switch (verdict) {
            case Verdict.Granted granted -> {
                run.epoch = Math.max(run.epoch, granted.epoch());
                run.pending = null;
                run.onGranted.accept(granted.epoch());
            }
            case Verdict.Fenced _ -> {
                if (run.epoch == epoch) {
                    cluster.count("fenced");
                    alive = false;
                } else {
                    ask(run.pending, run.onGranted);
                }
            }
        }
    }

    /** Does what comes next; asks again where no answer came. */
    void act() {
        if (!alive || asleep || run == null) {
            return;
        }
        if (run.next != null) {
            Runnable next = run.next;
            run.next = null;
            next.run();
        } else if (run.pending != null) {
            ask(run.pending, run.onGranted);
        } else if (run.begun && run.step >= SimulatedCluster.STEPS) {
            long epoch = run.epoch;
            Outcome done = new Outcome.Completed(run.step, false);
            ask(
                    (now, reply) -> new Ended(SimulatedCluster.JOB, Math.max(now, epoch), incarnation, done, reply),
                    _ -> alive = false);
        } else if (run.begun) {
            run.step++;
            if (run.step % CHECKPOINT_EVERY == 0) {
                commit();
            }
        }
    }

    private void commit() {
        long step = run.step;
        Checkpoint checkpoint = new Checkpoint(run.epoch, incarnation + "/" + step);
        Question question = (epoch, reply) ->
                new Commit(SimulatedCluster.JOB, epoch, incarnation, step, checkpoint.sha256(), reply);
        // It may fall asleep between the grant and the rename.
        ask(question, _ -> {
            run.next = () -> rename(step, checkpoint, question);
            cluster.granted(this);
        });
    }

    private void rename(long step, Checkpoint checkpoint, Question question) {
        Checkpoint there = cluster.disk.get(step);
        if (there != null && owns(there, step)) {
            alive = false;
            return;
        }
        if (!cluster.isStudent(incarnation)) {
            cluster.count("late renames");
        }
        cluster.disk.put(step, checkpoint);
        ask(question, _ -> {});
    }
}
