package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.coordinator.JobLog.Student;
import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.rank.RankStatus;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The ranks that have been heard of, by name. Times are of a clock that only goes forward, in nanoseconds. A name that
 * two processes bear belongs to the later to speak, and the other is not heard any more.
 */
final class RankRegistry {
    /** The most processes that are remembered as not heard any more; beyond it the oldest are forgotten. */
    private static final int MAX_RETIRED = 1000;

    private final long silenceNanos;
    private final Map<String, Presence> present = new TreeMap<>();
    /** The causes for which ranks are not there any more, by process. */
    private final Map<Student, Departure> departed = new LinkedHashMap<>();

    /** A rank that is there. */
    record Presence(
            String name,
            long incarnation,
            RankRole role,
            RankStatus status,
            ActorRef<HostProtocol.Command> host,
            long heardNanos) {
        boolean is(Student student) {
            return student != null && name.equals(student.rank()) && incarnation == student.incarnation();
        }

        /** Whether a teacher's stage can be used. */
        boolean working() {
            return switch (status.state()) {
                case READY, WORKING -> true;
                case IDLE, LOADING, FAILED, STOPPED -> false;
            };
        }
    }

    /**
     * The way in which a rank went.
     *
     * @param ended whether its process is known to have ended; else it is heard again when it speaks
     */
    record Departure(String cause, boolean ended) {}

    /** The meaning of a greeting. */
    enum Greeting {
        /** It had not been there. */
        CAME,
        SAME,
        /** It had been given up for good. */
        UNHEARD
    }

    RankRegistry(long silenceNanos) {
        this.silenceNanos = silenceNanos;
    }

    Greeting hello(Hello hello, long nowNanos) {
        Student process = new Student(hello.rank(), hello.incarnation());
        Departure before = departed.get(process);
        if (before != null && before.ended()) {
            return Greeting.UNHEARD;
        }
        Presence old = present.get(hello.rank());
        if (old != null && old.incarnation() != hello.incarnation()) {
            leave(old, new Departure("another process bears its name", true));
            old = null;
        }
        departed.remove(process);
        present.put(
                hello.rank(),
                new Presence(hello.rank(), hello.incarnation(), hello.role(), hello.status(), hello.host(), nowNanos));
        return old == null || !old.host().equals(hello.host()) ? Greeting.CAME : Greeting.SAME;
    }

    /** A process is not there; says whether it had been. */
    boolean gone(String rank, long incarnation, Departure how) {
        Presence there = present.get(rank);
        if (there != null && there.incarnation() == incarnation) {
            leave(there, how);
            return true;
        }
        if (how.ended()) {
            remember(new Student(rank, incarnation), how);
        }
        return false;
    }

    /** Lets those go that have been silent for too long; names them. */
    List<Presence> silent(long nowNanos) {
        List<Presence> silent = present.values().stream()
                .filter(rank -> nowNanos - rank.heardNanos() > silenceNanos)
                .toList();
        silent.forEach(rank -> leave(
                rank, new Departure("silent for " + (nowNanos - rank.heardNanos()) / 1_000_000_000 + " s", false)));
        return silent;
    }

    private void leave(Presence rank, Departure how) {
        present.remove(rank.name());
        remember(new Student(rank.name(), rank.incarnation()), how);
    }

    private void remember(Student process, Departure how) {
        departed.remove(process);
        departed.put(process, how);
        if (departed.size() > MAX_RETIRED) {
            departed.remove(departed.keySet().iterator().next());
        }
    }

    /** Null where it is not there. */
    Presence find(String name) {
        return name == null ? null : present.get(name);
    }

    /** The rank, where it still is that process; null where it is not there. */
    Presence find(Student process) {
        Presence rank = find(process.rank());
        return rank != null && rank.is(process) ? rank : null;
    }

    /** The departure of a process; null where it has not been heard of. */
    Departure departure(Student process) {
        return departed.get(process);
    }

    /** All ranks that are there, in the order of their names. */
    Collection<Presence> all() {
        return new ArrayList<>(present.values());
    }
}
