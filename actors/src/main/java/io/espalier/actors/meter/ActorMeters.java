package io.espalier.actors.meter;

import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;

/**
 * The meters of an actor system's own actors, those of the libraries left out. Bounded: so many actors have a meter of
 * their own, further ones share one; of those that have ended the latest are kept, the others are added to their role.
 */
public final class ActorMeters implements Extension {
    /** Actors with a meter of their own. */
    static final int MOST_ACTORS = 256;

    /** Actors that have ended and are still shown. */
    static final int MOST_ENDED = 32;

    private static final String UNKNOWN = "other";
    private static final String SHARED = "/others";
    private static final Id ID = new Id();

    private final LongSupplier nanoTime = System::nanoTime;
    private final Clock clock = Clock.systemUTC();
    private final Map<String, ActorMeter> meters = new LinkedHashMap<>();
    private final Deque<String> ended = new ArrayDeque<>();
    private final Map<String, RoleCounts> retired = new TreeMap<>();
    private final ActorMeter shared = new ActorMeter(SHARED, UNKNOWN);
    private boolean sharing;

    private static final class Id extends ExtensionId<ActorMeters> {
        @Override
        public ActorMeters createExtension(ActorSystem<?> system) {
            return new ActorMeters();
        }
    }

    ActorMeters() {
        shared.started();
    }

    /** The meters of an actor system. */
    public static ActorMeters get(ActorSystem<?> system) {
        return ID.apply(system);
    }

    synchronized ActorMeter of(String path) {
        ActorMeter known = meters.get(path);
        if (known != null && !(known.hasEnded() && ended.contains(path))) {
            return known;
        }
        if (known != null) {
            // Another of the same name has begun.
            retire(path);
        }
        if (meters.size() >= MOST_ACTORS + ended.size()) {
            sharing = true;
            return shared;
        }
        ActorMeter meter = new ActorMeter(path, UNKNOWN);
        meters.put(path, meter);
        return meter;
    }

    /** The actor has ended for good. */
    synchronized void ended(String path) {
        if (!meters.containsKey(path) || ended.contains(path)) {
            return;
        }
        ended.add(path);
        while (ended.size() > MOST_ENDED) {
            retire(ended.peek());
        }
    }

    private void retire(String path) {
        ended.remove(path);
        ActorMeter meter = meters.remove(path);
        retired.compute(
                meter.role(),
                (role, counts) ->
                        (counts == null ? RoleCounts.none(role) : counts).plus(meter.read(nanoTime.getAsLong()), true));
    }

    LongSupplier nanoTime() {
        return nanoTime;
    }

    Clock clock() {
        return clock;
    }

    /** The last known state of each actor, in the order in which they began. */
    public synchronized List<ActorReading> read() {
        long now = nanoTime.getAsLong();
        List<ActorReading> readings = new ArrayList<>();
        meters.values().forEach(meter -> readings.add(meter.read(now)));
        if (sharing) {
            readings.add(shared.read(now));
        }
        return readings;
    }

    /** The counts of actors by role. */
    public synchronized List<RoleCounts> roles() {
        Map<String, RoleCounts> roles = new TreeMap<>(retired);
        for (ActorReading actor : read()) {
            boolean over = actor.state() == ActorReading.State.STOPPED || actor.state() == ActorReading.State.FAILED;
            roles.compute(
                    actor.role(),
                    (role, counts) -> (counts == null ? RoleCounts.none(role) : counts).plus(actor, over));
        }
        return List.copyOf(roles.values());
    }

    /** Lets the spreads of times forget what is older than the last call: to be called at a steady pace. */
    public synchronized void forgetOld() {
        meters.values().forEach(ActorMeter::forgetOld);
        shared.forgetOld();
    }
}
