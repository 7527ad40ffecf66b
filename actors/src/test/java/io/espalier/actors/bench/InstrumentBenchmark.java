package io.espalier.actors.bench;

import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.meter.Metered;
import io.espalier.streams.probe.StageProbe;
import io.espalier.streams.probe.StageProbes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The cost of measuring: messages through an actor, and elements through a stage, with the instruments and without, in
 * turns. The actor and the stage do nothing, so that all that differs is the instruments.
 */
public final class InstrumentBenchmark {
    private final int rounds;
    private final int warmup;
    private final int messages;
    /** Actors of one system have different names. */
    private int started;

    /**
     * Measures so often.
     *
     * @param warmup rounds of each kind that are not counted
     * @param messages of one round
     */
    public InstrumentBenchmark(int rounds, int warmup, int messages) {
        this.rounds = rounds;
        this.warmup = warmup;
        this.messages = messages;
    }

    /** Nanoseconds of one message or element without instruments and with them: the fastest round of each. */
    public record Cost(String what, double plain, double measured) {
        /** The nanoseconds of the instruments alone. */
        public double added() {
            return measured - plain;
        }
    }

    private enum Nothing {
        INSTANCE
    }

    /** Runs it. */
    public List<Cost> run() {
        ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "instruments", EspalierConfig.load());
        try {
            return List.of(
                    fastest("message", () -> actor(system, false), () -> actor(system, true)),
                    fastest("element", () -> stage(system, false), () -> stage(system, true)));
        } finally {
            system.terminate();
            system.getWhenTerminated().toCompletableFuture().join();
        }
    }

    /** A round gives nanoseconds. */
    private interface Round {
        long run();
    }

    /** Everything that disturbs a round makes it longer: of many, the shortest is nearest to the truth. */
    private Cost fastest(String what, Round plain, Round measured) {
        List<Long> without = new ArrayList<>();
        List<Long> with = new ArrayList<>();
        for (int i = 0; i < warmup + rounds; i++) {
            long first = plain.run();
            long second = measured.run();
            if (i >= warmup) {
                without.add(first);
                with.add(second);
            }
        }
        return new Cost(what, each(without), each(with));
    }

    private double each(List<Long> nanos) {
        return (double) nanos.stream().mapToLong(Long::longValue).min().orElseThrow() / messages;
    }

    private long actor(ActorSystem<Void> system, boolean measured) {
        CountDownLatch done = new CountDownLatch(1);
        Behavior<Nothing> counting = Behaviors.setup(_ -> counting(messages, done));
        Behavior<Nothing> behavior = measured ? Metered.behavior(Nothing.class, "bench", counting) : counting;
        ActorRef<Nothing> actor =
                system.systemActorOf(behavior, "bench-" + started++, measured ? Metered.mailbox() : Props.empty());
        long begun = System.nanoTime();
        for (int i = 0; i < messages; i++) {
            actor.tell(Nothing.INSTANCE);
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return System.nanoTime() - begun;
    }

    private static Behavior<Nothing> counting(int messages, CountDownLatch done) {
        int[] left = {messages};
        return Behaviors.receiveMessage(_ -> {
            left[0]--;
            if (left[0] == 0) {
                done.countDown();
                return Behaviors.stopped();
            }
            return Behaviors.same();
        });
    }

    private long stage(ActorSystem<Void> system, boolean measured) {
        StageProbes probes = new StageProbes(System::nanoTime);
        StageProbe source = probes.stage("source");
        StageProbe stage = probes.stage("stage");
        Source<Integer, NotUsed> numbers = Source.range(1, messages);
        Source<Integer, NotUsed> worked = measured
                ? numbers.via(source.<Integer>exit())
                        .via(stage.<Integer>entry())
                        .mapAsync(1, number -> stage.call(() -> done(number)))
                : numbers.mapAsync(1, InstrumentBenchmark::done);
        long begun = System.nanoTime();
        worked.runWith(Sink.ignore(), system).toCompletableFuture().join();
        return System.nanoTime() - begun;
    }

    private static CompletionStage<Integer> done(Integer number) {
        return CompletableFuture.completedFuture(number);
    }
}
