package io.espalier.streams.transport;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * Frames in, whole bundles out. A frame that does not go on where the one before it ended begins anew; what it leaves
 * unfinished can never become whole, since a link keeps order: it is freed and told. Holds one unfinished bundle.
 */
public final class Bundles extends GraphStage<FlowShape<Frame, Bundle>> {
    private final Inlet<Frame> in = Inlet.create("Bundles.in");
    private final Outlet<Bundle> out = Outlet.create("Bundles.out");
    private final FlowShape<Frame, Bundle> shape = FlowShape.of(in, out);
    private final Consumer<FrameHeader> onUnfinished;

    /** @param onUnfinished told the first frame of each bundle that never became whole; by the stream's thread */
    public Bundles(Consumer<FrameHeader> onUnfinished) {
        this.onUnfinished = onUnfinished;
    }

    @Override
    public FlowShape<Frame, Bundle> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends GraphStageLogic {
        private final List<Frame> parts = new ArrayList<>();

        Logic() {
            super(shape);
            setHandlers(in, out, new AbstractInOutHandler() {
                @Override
                public void onPush() {
                    take(grab(in));
                }

                @Override
                public void onPull() {
                    pull(in);
                }
            });
        }

        private void take(Frame frame) {
            if (!parts.isEmpty() && !continues(parts.getFirst().header(), parts.size(), frame.header())) {
                forget();
            }
            if (parts.isEmpty() && frame.header().part() != 0) {
                onUnfinished.accept(frame.header());
                frame.close();
                pull(in);
                return;
            }
            parts.add(frame);
            if (parts.size() == frame.header().parts()) {
                Bundle whole = new Bundle(parts);
                parts.clear();
                push(out, whole);
            } else {
                pull(in);
            }
        }

        private void forget() {
            onUnfinished.accept(parts.getFirst().header());
            parts.forEach(Frame::close);
            parts.clear();
        }

        @Override
        public void postStop() {
            if (!parts.isEmpty()) {
                forget();
            }
        }
    }

    private static boolean continues(FrameHeader first, int next, FrameHeader header) {
        return header.part() == next
                && header.parts() == first.parts()
                && header.kind() == first.kind()
                && header.sequence() == first.sequence()
                && header.attempt() == first.attempt()
                && Arrays.equals(header.hash(), first.hash());
    }
}
