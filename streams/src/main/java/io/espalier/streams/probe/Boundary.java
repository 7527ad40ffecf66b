package io.espalier.streams.probe;

import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/** Hands everything on as it is, and tells of it. */
final class Boundary<T> extends GraphStage<FlowShape<T, T>> {
    private final Inlet<T> in = Inlet.create("Boundary.in");
    private final Outlet<T> out = Outlet.create("Boundary.out");
    private final FlowShape<T, T> shape = FlowShape.of(in, out);
    private final Runnable onPulled;
    private final Runnable onPushed;
    private final Runnable onEnded;

    Boundary(Runnable onPulled, Runnable onPushed, Runnable onEnded) {
        this.onPulled = onPulled;
        this.onPushed = onPushed;
        this.onEnded = onEnded;
    }

    @Override
    public FlowShape<T, T> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        Logic() {
            super(shape);
            setHandlers(in, out, new AbstractInOutHandler() {
                @Override
                public void onPush() {
                    onPushed.run();
                    push(out, grab(in));
                }

                @Override
                public void onPull() {
                    onPulled.run();
                    pull(in);
                }
            });
        }

        @Override
        public void postStop() {
            onEnded.run();
        }
    }
}
