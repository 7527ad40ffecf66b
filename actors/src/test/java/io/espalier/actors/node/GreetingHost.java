package io.espalier.actors.node;

import io.espalier.actors.protocol.CoordinatorProtocol.Hello;
import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.rank.HostSetup;
import io.espalier.actors.rank.RankStatus;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** A rank without a model: it says that it lives, and may be told by a property to end badly. */
final class GreetingHost {
    /** The beginning of the property that tells the rank of a name what to do: {@code espalier.test.NAME}. */
    static final String PROPERTY = "espalier.test.";

    private static final Duration EVERY = Duration.ofMillis(50);
    private static final int MIB = 1 << 20;
    /** Keeps what a rank was told to hold. */
    private static final List<byte[]> HELD = new ArrayList<>();

    private GreetingHost() {}

    static Behavior<HostProtocol.Command> create(HostSetup setup) {
        switch (System.getProperty(PROPERTY + setup.place().name(), "")) {
            case "refuse" -> throw new Refused(Refused.Reason.BAD_CONFIGURATION, "there is no such device here");
            case "eat" -> eat();
            case "burn" -> burn();
            case "fail" -> throw new IllegalStateException("told to fail");
            default -> {}
        }
        RankStatus status = new RankStatus(setup.place().name(), RankStatus.State.READY, 0, 0);
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            Hello hello = new Hello(
                    setup.place().name(), setup.incarnation(), setup.place().role(), status, context.getSelf());
            setup.coordinator().tell(hello);
            Runnable greet = () -> setup.coordinator().tell(hello);
            context.getSystem().scheduler().scheduleWithFixedDelay(EVERY, EVERY, greet, context.getExecutionContext());
            return Behaviors.receiveMessage(
                    told -> told instanceof HostProtocol.Park ? Behaviors.stopped() : Behaviors.same());
        }));
    }

    /** Starts more threads than processors that never rest, as kernels of several ranks at once would. */
    static void burn() {
        for (int thread = 0; thread < 2 * Runtime.getRuntime().availableProcessors(); thread++) {
            Thread.ofPlatform().daemon().start(() -> {
                while (true) {
                    Thread.onSpinWait();
                }
            });
        }
    }

    private static void eat() {
        for (int i = 0; i < 150; i++) {
            byte[] block = new byte[MIB];
            Arrays.fill(block, (byte) i);
            HELD.add(block);
        }
    }
}
