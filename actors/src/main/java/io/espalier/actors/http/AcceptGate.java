package io.espalier.actors.http;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;

/** Asks for the next connection only while there is room for it, and else rests: they wait in the backlog. */
final class AcceptGate<T> extends GraphStage<FlowShape<T, T>> {
    private static final Duration REST = Duration.ofMillis(20);

    private final Inlet<T> in = Inlet.create("AcceptGate.in");
    private final Outlet<T> out = Outlet.create("AcceptGate.out");
    private final FlowShape<T, T> shape = FlowShape.of(in, out);
    private final BooleanSupplier hasRoom;

    AcceptGate(BooleanSupplier hasRoom) {
        this.hasRoom = hasRoom;
    }

    @Override
    public FlowShape<T, T> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    push(out, grab(in));
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    ask();
                }
            });
        }

        private void ask() {
            if (hasRoom.getAsBoolean()) {
                pull(in);
            } else {
                scheduleOnce("again", REST);
            }
        }

        @Override
        public void onTimer(Object key) {
            if (isAvailable(out) && !hasBeenPulled(in)) {
                ask();
            }
        }
    }
}
