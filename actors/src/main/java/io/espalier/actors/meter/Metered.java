package io.espalier.actors.meter;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.MailboxSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Gives actors their meters: around their behaviour, inside of its supervision, and in their mailbox. */
public final class Metered {
    /** The mailbox that counts, for {@link Props#withMailboxFromConfig}. */
    public static final String MAILBOX = "espalier.metered-mailbox";

    private Metered() {}

    /** The mailbox that counts, where nothing else is wanted of it. */
    public static Props mailbox() {
        return MailboxSelector.fromConfig(MAILBOX);
    }

    /**
     * Returns the behaviour with a meter around it. Supervision that restarts it must be around the result.
     *
     * @param role one of a few names, by which actors are added up
     */
    public static <T> Behavior<T> behavior(Class<T> messages, String role, Behavior<T> behavior) {
        return Behaviors.setup(context -> intercepted(context, messages, role, behavior));
    }

    private static <T> Behavior<T> intercepted(
            ActorContext<T> context, Class<T> messages, String role, Behavior<T> behavior) {
        ActorMeters meters = ActorMeters.get(context.getSystem());
        String path = context.getSelf().path().toStringWithoutAddress();
        ActorMeter meter = meters.of(path);
        meter.role(role);
        return Behaviors.intercept(
                () -> new MeteringInterceptor<>(
                        messages, meter, () -> meters.ended(path), meters.nanoTime(), meters.clock()),
                behavior);
    }
}
