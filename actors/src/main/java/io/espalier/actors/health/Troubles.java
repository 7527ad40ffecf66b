package io.espalier.actors.health;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a daemon that cannot do their work at present, by name, each with the reason. A trouble is logged once
 * when it begins and once when it is over; health probes show it in between. Any thread.
 */
public final class Troubles {
    private static final Logger LOG = LoggerFactory.getLogger(Troubles.class);

    private final Map<String, String> present = new ConcurrentSkipListMap<>();
    private final CopyOnWriteArrayList<BiConsumer<String, String>> listeners = new CopyOnWriteArrayList<>();

    /** A part is in trouble; nothing new where that is known with the same reason. */
    public void begin(String part, String why) {
        if (!why.equals(present.put(part, why))) {
            LOG.warn("{} {}", part, why);
            listeners.forEach(listener -> listener.accept(part, why));
        }
    }

    /** A part is well again; nothing where it was. */
    public void over(String part) {
        if (present.remove(part) != null) {
            LOG.info("{} is well again", part);
            listeners.forEach(listener -> listener.accept(part, ""));
        }
    }

    /** The reason why a part is in trouble; empty where it is in none. */
    public String of(String part) {
        return present.getOrDefault(part, "");
    }

    /** All parts in trouble, each with its reason. */
    public Map<String, String> all() {
        return Map.copyOf(present);
    }

    /**
     * Has a listener told of each trouble that begins, and with an empty reason of its end; by the thread that noticed.
     */
    public void onChange(BiConsumer<String, String> listener) {
        listeners.add(listener);
    }
}
