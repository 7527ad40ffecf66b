package io.espalier.actors.meter;

import java.time.Clock;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.TypedActorContext;

/** Tells an actor's meter of its messages, failures, restarts and end; changes nothing of what the actor does. */
final class MeteringInterceptor<T> extends BehaviorInterceptor<T, T> {
    private final ActorMeter meter;
    private final Runnable onEnded;
    private final LongSupplier nanoTime;
    private final Clock clock;

    MeteringInterceptor(Class<T> messages, ActorMeter meter, Runnable onEnded, LongSupplier nanoTime, Clock clock) {
        super(messages);
        this.meter = meter;
        this.onEnded = onEnded;
        this.nanoTime = nanoTime;
        this.clock = clock;
    }

    @Override
    public Behavior<T> aroundStart(TypedActorContext<T> context, PreStartTarget<T> target) {
        try {
            Behavior<T> started = target.start(context);
            meter.started();
            return started;
        } catch (RuntimeException e) {
            meter.failed(e, clock.instant());
            throw e;
        }
    }

    @Override
    public Behavior<T> aroundReceive(TypedActorContext<T> context, T message, ReceiveTarget<T> target) {
        long begun = nanoTime.getAsLong();
        meter.begin(message.getClass(), begun);
        try {
            return target.apply(context, message);
        } catch (RuntimeException e) {
            meter.failed(e, clock.instant());
            throw e;
        } finally {
            meter.end(nanoTime.getAsLong() - begun);
        }
    }

    @Override
    public Behavior<T> aroundSignal(TypedActorContext<T> context, Signal signal, SignalTarget<T> target) {
        if (signal instanceof PreRestart) {
            meter.restarting();
        } else if (signal instanceof PostStop) {
            meter.stopped();
            onEnded.run();
        }
        return target.apply(context, signal);
    }
}
