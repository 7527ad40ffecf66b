package io.espalier.actors.http;

import java.time.Duration;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;

/**
 * Takes in, for a while, what a client still sends when nobody listens to it any more: a socket that is closed with unread
 * bytes is reset, and the answer that explains it is lost.
 */
final class Linger<T> extends GraphStage<FlowShape<T, T>> {
    private final Inlet<T> in = Inlet.create("Linger.in");
    private final Outlet<T> out = Outlet.create("Linger.out");
    private final FlowShape<T, T> shape = FlowShape.of(in, out);
    private final Duration wait;

    Linger(Duration wait) {
        this.wait = wait;
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
        private boolean deaf;

        private Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    T element = grab(in);
                    if (deaf) {
                        pull(in);
                    } else {
                        push(out, element);
                    }
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    pull(in);
                }

                @Override
                public void onDownstreamFinish(Throwable cause) {
                    deaf = true;
                    scheduleOnce("enough", wait);
                    if (!hasBeenPulled(in) && !isClosed(in)) {
                        pull(in);
                    }
                }
            });
        }

        @Override
        public void onTimer(Object key) {
            completeStage();
        }
    }
}
