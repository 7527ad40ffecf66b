package io.espalier.actors.job.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.job.journal.JobEvent;
import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.StudentBegan;
import io.espalier.actors.job.journal.JobEvent.StudentLost;
import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.protocol.CoordinatorProtocol.Gone;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.CoordinatorProtocol.Submit;
import io.espalier.actors.protocol.DescribedJobs;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Coordinators, ranks, a disk and a network that loses, delays and repeats, all in one thread and by one seed. Invariants are
 * checked against the journal after every event.
 */
final class SimulatedCluster {
    static final String JOB = "j";
    static final long STEPS = 24;
    static final CoordinatorSettings SETTINGS = new CoordinatorSettings(
            Duration.ofSeconds(10),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            1000,
            100,
            10,
            10,
            Duration.ofSeconds(1),
            Duration.ofSeconds(4),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    static final JobSpec SPEC = new JobSpec(JOB, DescribedJobs.distill(), Path.of("/"), 1, 2);
    private static final List<String> TEACHERS = List.of("teacher-0", "teacher-1");
    private static final List<String> STUDENTS = List.of("student-0", "student-1");

    final MemoryJournal journal = new MemoryJournal();
    final Map<String, Integer> seen = new TreeMap<>();
    final Random random;
    /** Checkpoints in their places, by step. */
    final TreeMap<Long, SimulatedRank.Checkpoint> disk = new TreeMap<>();
    /** The checkpoint that each process of a student loaded. */
    final Map<Long, String> loaded = new HashMap<>();

    final Map<ActorRef<?>, Consumer<Object>> mailboxes = new HashMap<>();
    private final long seed;
    private final List<Runnable> network = new ArrayList<>();
    private final List<Coordinator> coordinators = new ArrayList<>();
    private final Map<String, SimulatedRank> ranks = new TreeMap<>();
    /** The processes whose names others bear now. */
    private final List<SimulatedRank> zombies = new ArrayList<>();

    private final List<SimulatedRank> sleepers = new ArrayList<>();
    private boolean trouble;
    private long now;
    private long incarnations;
    private int checked;
    private final Map<Long, Long> committers = new HashMap<>();
    private final TreeMap<Long, String> chain = new TreeMap<>();
    private JobLog.Student student;
    private long begunBy;

    SimulatedCluster(long seed) {
        this.seed = seed;
        this.random = new Random(seed);
        TEACHERS.forEach(this::start);
        STUDENTS.forEach(this::start);
        coordinators.add(new Coordinator());
    }

    /** A coordinator; its appends reach the journal late, and some of their answers never come. */
    private final class Coordinator implements JobDesk.Desk {
        private final JobDesk desk;
        private Runnable append;
        private boolean dead;

        private Coordinator() {
            Recovery.Recovered known =
                    new Recovery(journal, "c" + now).run().toCompletableFuture().join();
            desk = new JobDesk(SETTINGS, "c" + now, this, known, now);
        }

        @Override
        public void append(String job, long expectedSeq, long epoch, List<JobEvent> events) {
            assertThat(append).as(where()).isNull();
            append = () -> {
                append = null;
                desk.journalled(
                        journal.append(job, expectedSeq, epoch, events)
                                .toCompletableFuture()
                                .join(),
                        now);
            };
        }

        @Override
        public <T> void answer(ActorRef<T> asker, T answer) {
            post(asker, answer);
        }

        @Override
        public void send(ActorRef<HostProtocol.Command> host, HostProtocol.Command message) {
            post(host, message);
        }

        @Override
        public void log(String job, String what) {}

        @Override
        public void warn(String job, String what) {}

        @Override
        public void deposed(String job, String why) {
            count("deposed");
            dead = true;
        }
    }

    void count(String what) {
        seen.merge(what, 1, Integer::sum);
    }

    boolean isStudent(long incarnation) {
        return student != null && student.incarnation() == incarnation;
    }

    private String where() {
        return "seed " + seed + " at " + now / 1_000_000 + " ms: " + journal.events(JOB);
    }

    /** A name that whoever answers can answer to. */
    <T> ActorRef<T> mailbox(Consumer<Object> receiver) {
        ActorRef<T> ref = TestInbox.<T>create().getRef();
        mailboxes.put(ref, receiver);
        return ref;
    }

    private void post(ActorRef<?> to, Object message) {
        Consumer<Object> receiver = mailboxes.get(to);
        if (receiver != null) {
            send(() -> receiver.accept(message));
        }
    }

    private void send(Runnable delivery) {
        if (trouble && random.nextInt(100) < 5) {
            return;
        }
        network.add(delivery);
        if (trouble && random.nextInt(100) < 5) {
            network.add(delivery);
        }
    }

    /** Sends a command to one of the coordinators that there are: the newest is not always the one that is known. */
    void tell(CoordinatorProtocol.Command command) {
        send(() -> {
            Coordinator one = trouble ? any(coordinators) : coordinators.getLast();
            if (one != null && !one.dead) {
                one.desk.accept(command, now);
            }
        });
    }

    private <T> T any(List<T> list) {
        return list.isEmpty() ? null : list.get(random.nextInt(list.size()));
    }

    private void start(String name) {
        RankRole role = TEACHERS.contains(name) ? RankRole.TEACHER : RankRole.STUDENT;
        ranks.put(name, new SimulatedRank(this, name, ++incarnations, role));
    }

    /** Lets so many things happen, in an order of the seed's own. */
    void run(int events, boolean withTrouble) {
        trouble = withTrouble;
        if (!trouble) {
            List.copyOf(sleepers).forEach(this::wake);
        }
        for (int i = 0; i < events; i++) {
            now += (long) (random.nextDouble() * 100_000_000L);
            happen(random.nextInt(1000));
            check();
        }
    }

    private void happen(int what) {
        List<SimulatedRank> processes = new ArrayList<>(ranks.values());
        zombies.removeIf(zombie -> !zombie.alive());
        processes.addAll(zombies);
        SimulatedRank rank = any(processes);
        if (what < 150) {
            rank.hello();
        } else if (what < 550) {
            deliver();
        } else if (what < 750) {
            coordinators.stream().filter(one -> one.append != null).findAny().ifPresent(this::write);
        } else if (what < 900) {
            rank.act();
        } else if (what < 940) {
            coordinators.forEach(one -> pass(one, what));
        } else if (what < 950) {
            tell(new Submit(SPEC, this.<JobView>mailbox(_ -> {})));
        } else if (!rank.alive()) {
            if (ranks.get(rank.name()) == rank) {
                start(rank.name());
            }
        } else if (trouble) {
            disturb(rank, what);
        }
    }

    private void deliver() {
        if (!network.isEmpty()) {
            network.remove(trouble ? random.nextInt(network.size()) : 0).run();
        }
    }

    private void write(Coordinator one) {
        if (!one.dead) {
            one.append.run();
        }
    }

    private void pass(Coordinator one, int what) {
        if (!one.dead) {
            if (what % 5 == 0) {
                one.desk.repeat(now);
            } else {
                one.desk.tick(now);
            }
        }
    }

    private void disturb(SimulatedRank rank, int what) {
        if (what < 965) {
            rank.kill();
            tell(new Gone(rank.name(), rank.incarnation(), "killed"));
        } else if (what < 975) {
            sleep(rank);
        } else if (what < 985) {
            SimulatedRank sleeper = any(sleepers);
            if (sleeper != null) {
                wake(sleeper);
            }
        } else {
            followCoordinator();
        }
    }

    /** Taken for dead, it wakes later: a zombie beside the one that follows it. */
    private void sleep(SimulatedRank rank) {
        rank.sleep();
        sleepers.add(rank);
        if (random.nextBoolean() && ranks.get(rank.name()) == rank) {
            zombies.add(rank);
            start(rank.name());
        }
    }

    private void wake(SimulatedRank sleeper) {
        sleepers.remove(sleeper);
        sleeper.wake();
    }

    /** The worst moment that there is. */
    void granted(SimulatedRank rank) {
        if (trouble && random.nextInt(100) < 5) {
            sleep(rank);
        }
    }

    /** The one before it dies, with an append on its way or not, or does not know that it has been followed. */
    private void followCoordinator() {
        Coordinator old = coordinators.getLast();
        if (random.nextBoolean()) {
            if (old.append != null && random.nextBoolean()) {
                old.append.run();
            }
            old.dead = true;
        } else {
            count("coordinators at once");
        }
        coordinators.removeIf(one -> one.dead);
        coordinators.add(new Coordinator());
    }

    /** Reads what is new in the journal with rules of its own. */
    private void check() {
        List<JobEvent> events = journal.events(JOB);
        for (; checked < events.size(); checked++) {
            switch (events.get(checked)) {
                case EpochBegan began -> {
                    if (!began.student().isEmpty()) {
                        student = new JobLog.Student(began.student(), began.incarnation());
                    }
                }
                case StudentBegan began -> {
                    assertThat(began.incarnation()).as(where()).isEqualTo(student.incarnation());
                    chain.tailMap(began.baseStep(), false).clear();
                    assertThat(chain.getOrDefault(began.baseStep(), ""))
                            .as(where())
                            .isEqualTo(loaded.get(began.incarnation()));
                    begunBy = began.incarnation();
                }
                case CheckpointCommitted committed -> {
                    assertThat(committers.merge(committed.epoch(), committed.incarnation(), (a, _) -> a))
                            .as("one process commits in an epoch, " + where())
                            .isEqualTo(committed.incarnation());
                    assertThat(student).as(where()).isNotNull();
                    assertThat(committed.incarnation())
                            .as("nobody commits who is not the student, " + where())
                            .isEqualTo(student.incarnation())
                            .isEqualTo(begunBy);
                    assertThat(chain.isEmpty() ? 0 : chain.lastKey())
                            .as(where())
                            .isLessThan(committed.step());
                    chain.put(committed.step(), committed.sha256());
                }
                case StudentLost lost -> {
                    if (lost.ended()) {
                        student = null;
                    }
                }
                case JobEvent.JobSubmitted _,
                        JobEvent.StudentParked _,
                        JobEvent.StateChanged _,
                        JobEvent.JobEnded _ -> {}
            }
        }
    }
}
