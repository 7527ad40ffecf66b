package io.espalier.actors.http;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/**
 * Browsers that may operate. One comes in by a link that works once, and then shows two secrets with each request: a cookie,
 * which no script can read, and a key that the page keeps. A browser sends a cookie to all ports of a host, other users'
 * among them, and a page's key to none but its own; so neither is of use alone. In memory, and so gone with the daemon.
 */
final class Sessions {
    private final Settings settings;
    private final LongSupplier nanoTime;
    /** The time at which each link was made, by the link's code. */
    private final Map<Token, Long> links = new LinkedHashMap<>();

    private final Map<Token, Session> sessions = new LinkedHashMap<>(16, 0.75f, true);

    /**
     * The limits of links and sessions.
     *
     * @param link life of a link that nobody has used yet
     * @param idle life of a session without a request
     * @param longest life of a session in all
     * @param most sessions at once, and links likewise; the one that has been silent longest goes first
     */
    record Settings(Duration link, Duration idle, Duration longest, int most) {}

    private record Session(Token key, long began, long seen) {}

    /** The two secrets that a browser is given when its session begins. */
    record Entered(String cookie, String key) {}

    Sessions(Settings settings, LongSupplier nanoTime) {
        this.settings = settings;
        this.nanoTime = nanoTime;
    }

    /** Makes the code of a link. */
    synchronized String link() {
        long now = nanoTime.getAsLong();
        forget(links, made -> settings.link.toNanos() - (now - made));
        String code = Secrets.next();
        links.put(Token.of(code), now);
        return code;
    }

    /** Begins a session; empty where the code is none, was used, or is too old. */
    synchronized Optional<Entered> enter(String code) {
        long now = nanoTime.getAsLong();
        Long made = links.remove(Token.of(code));
        if (made == null || now - made > settings.link.toNanos()) {
            return Optional.empty();
        }
        forget(sessions, session -> left(session, now));
        Entered entered = new Entered(Secrets.next(), Secrets.next());
        sessions.put(Token.of(entered.cookie), new Session(Token.of(entered.key), now, now));
        return Optional.of(entered);
    }

    /** Whether the cookie and the key are those of one session that has not ended. */
    synchronized boolean admits(String cookie, String key) {
        long now = nanoTime.getAsLong();
        Token name = Token.of(cookie);
        Session session = sessions.get(name);
        if (session == null || left(session, now) < 0 || !session.key.equals(Token.of(key))) {
            return false;
        }
        sessions.put(name, new Session(session.key, session.began, now));
        return true;
    }

    private long left(Session session, long now) {
        return Math.min(
                settings.idle.toNanos() - (now - session.seen), settings.longest.toNanos() - (now - session.began));
    }

    /** Forgets the entries that have run out, and the oldest until there is room for one more. */
    private <V> void forget(Map<Token, V> all, ToLongFunction<V> left) {
        all.values().removeIf(value -> left.applyAsLong(value) < 0);
        var oldest = all.keySet().iterator();
        while (all.size() >= settings.most && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
    }
}
