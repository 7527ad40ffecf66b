package io.espalier.streams.distill;

import io.espalier.streams.transport.OutgoingFrame;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * The frames of an answer one by one, each released by the stage that it is pushed to; frames that never are pushed are
 * released here. Holds one answer, and takes the next when its last frame is gone.
 */
final class Unbundle extends GraphStage<FlowShape<List<OutgoingFrame>, OutgoingFrame>> {
    private final Inlet<List<OutgoingFrame>> in = Inlet.create("Unbundle.in");
    private final Outlet<OutgoingFrame> out = Outlet.create("Unbundle.out");
    private final FlowShape<List<OutgoingFrame>, OutgoingFrame> shape = FlowShape.of(in, out);
    private final Ledger<List<OutgoingFrame>> ledger;

    Unbundle(Ledger<List<OutgoingFrame>> ledger) {
        this.ledger = ledger;
    }

    @Override
    public FlowShape<List<OutgoingFrame>, OutgoingFrame> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        private final Deque<OutgoingFrame> left = new ArrayDeque<>();

        Logic() {
            super(shape);
            setHandlers(in, out, new AbstractInOutHandler() {
                @Override
                public void onPush() {
                    List<OutgoingFrame> frames = grab(in);
                    if (ledger.take(frames)) {
                        left.addAll(frames);
                    }
                    next();
                }

                @Override
                public void onPull() {
                    next();
                }

                @Override
                public void onUpstreamFinish() {
                    if (left.isEmpty()) {
                        completeStage();
                    }
                }
            });
        }

        private void next() {
            if (!left.isEmpty()) {
                push(out, left.poll());
                if (left.isEmpty() && isClosed(in)) {
                    completeStage();
                }
            } else if (!isClosed(in) && !hasBeenPulled(in)) {
                pull(in);
            }
        }

        @Override
        public void postStop() {
            left.forEach(frame -> frame.release().run());
            left.clear();
        }
    }
}
