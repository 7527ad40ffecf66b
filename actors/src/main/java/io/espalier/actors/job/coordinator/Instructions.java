package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.coordinator.RankRegistry.Presence;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Drain;
import io.espalier.actors.protocol.HostProtocol.Learn;
import io.espalier.actors.protocol.HostProtocol.Pause;
import io.espalier.actors.protocol.HostProtocol.Release;
import io.espalier.actors.protocol.HostProtocol.Teach;
import io.espalier.actors.protocol.HostProtocol.Teachers;
import io.espalier.actors.protocol.JobState;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The messages by which hosts learn what they are to do. A host is told when its messages change, and again now and
 * then, since a message may be lost; every message may be heard twice.
 */
final class Instructions {
    /** Times that hosts are told that an ended job needs them no more. */
    private static final int RELEASES = 3;
    /** In place of what a host was told: that it was told something. */
    private static final Object STALE = "stale";

    private final Map<ActorRef<HostProtocol.Command>, Set<Object>> told = new HashMap<>();
    private String ended;
    private int releases;

    /** The way by which messages reach hosts. */
    @FunctionalInterface
    interface Post {
        void send(ActorRef<HostProtocol.Command> host, HostProtocol.Command message);
    }

    /**
     * The identity of a message to a student: a host that has been told of an epoch need not hear again where it began.
     */
    private record Learning(String job, long epoch) {}

    /** Tells the ranks of a job what they do not know yet. */
    void tell(JobLog log, Slots slots, RankRegistry ranks, Post post) {
        Map<ActorRef<HostProtocol.Command>, Set<Object>> now = new HashMap<>();
        for (Presence rank : ranks.all()) {
            Map<Object, HostProtocol.Command> wanted = switch (rank.role()) {
                case TEACHER -> teacher(log, slots, rank);
                case STUDENT -> rank.is(log.student()) ? student(log, slots, ranks) : Map.of();
            };
            Set<Object> known = told.getOrDefault(rank.host(), Set.of());
            wanted.forEach((key, message) -> {
                if (!known.contains(key)) {
                    post.send(rank.host(), message);
                }
            });
            if (wanted.isEmpty() && !known.isEmpty()) {
                post.send(rank.host(), new Release(log.job().id()));
            }
            now.put(rank.host(), new HashSet<>(wanted.keySet()));
        }
        told.clear();
        told.putAll(now);
    }

    private static Map<Object, HostProtocol.Command> teacher(JobLog log, Slots slots, Presence rank) {
        int slot = slots.stages().indexOf(rank.name());
        if (slot < 0) {
            return Map.of();
        }
        int stages = log.job().stages();
        Teach teach = new Teach(log.job(), log.epoch(), slot % stages, stages);
        return Map.of(teach, teach);
    }

    /** The messages to the student, of which the first says what it is, and the others how it is to go on. */
    private static Map<Object, HostProtocol.Command> student(JobLog log, Slots slots, RankRegistry ranks) {
        Map<Object, HostProtocol.Command> wanted = new LinkedHashMap<>();
        String job = log.job().id();
        boolean paused = log.state() == JobState.PAUSED;
        wanted.put(new Learning(job, log.epoch()), new Learn(log.job(), log.epoch(), log.lineage(), paused));
        Pause pause = new Pause(job, paused);
        wanted.put(pause, pause);
        Teachers teachers = new Teachers(job, log.epoch(), slots.complete(ranks));
        wanted.put(teachers, teachers);
        if (log.state() == JobState.DRAINING || log.state() == JobState.STOPPING) {
            Drain drain = new Drain(job, log.state() == JobState.STOPPING);
            wanted.put(drain, drain);
        }
        return wanted;
    }

    /** A rank has come: it knows nothing. */
    void forget(Presence rank) {
        told.remove(rank.host());
    }

    /** A rank that came, and may have had a part in the job before another got it. */
    static void releaseIfReplaced(Presence rank, JobLog log, Slots slots, Post post) {
        boolean replaced = switch (rank.role()) {
            case STUDENT -> log.student() != null && !rank.is(log.student());
            case TEACHER -> slots != null && slots.missing() == 0 && !slots.has(rank.name());
        };
        if (replaced) {
            post.send(rank.host(), new Release(log.job().id()));
        }
    }

    /** Tells every host again, at the next {@link #tell}, what it was told before. */
    void repeat(RankRegistry ranks, Post post) {
        told.replaceAll((_, known) -> known.isEmpty() ? known : Set.of(STALE));
        if (releases > 0) {
            releases--;
            ranks.all().stream()
                    .filter(rank -> told.getOrDefault(rank.host(), Set.of()).isEmpty())
                    .forEach(rank -> post.send(rank.host(), new Release(ended)));
        }
    }

    /** A job has ended: it needs none of them any more. */
    void release(String job, RankRegistry ranks, Post post) {
        ended = job;
        releases = RELEASES;
        told.clear();
        ranks.all().forEach(rank -> post.send(rank.host(), new Release(job)));
    }
}
