package io.espalier.streams.live;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.batch.Row;
import io.espalier.streams.batch.RowGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FanInShape2;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;

/**
 * Batches of live rows and rows of earlier text. Nothing is pulled but what the batch that is asked for needs, and a
 * position is taken only where a batch ends. Ends when the live side does.
 */
final class BatchAssembly extends GraphStage<FanInShape2<Decoded, TokenBatch, TokenBatch>> {
    private final FanInShape2<Decoded, TokenBatch, TokenBatch> shape = new FanInShape2<>("BatchAssembly");
    private final int rows;
    private final long first;
    private final Supplier<Intakes> intakes;
    private final Supplier<ReplayMix> mix;

    /**
     * @param rows of a batch
     * @param first number of the first batch
     * @param intakes opened when the stream begins
     */
    BatchAssembly(int rows, long first, Supplier<Intakes> intakes, Supplier<ReplayMix> mix) {
        this.rows = rows;
        this.first = first;
        this.intakes = intakes;
        this.mix = mix;
    }

    @Override
    public FanInShape2<Decoded, TokenBatch, TokenBatch> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Assembling();
    }

    private final class Assembling extends GraphStageLogic {
        private Intakes live;
        private ReplayMix replay;
        private List<Row> filling = new ArrayList<>();
        private long sequence = first;

        Assembling() {
            super(shape);
            setHandler(shape.in0(), new AbstractInHandler() {
                @Override
                public void onPush() {
                    live.add(grab(shape.in0()));
                    fill();
                }
            });
            setHandler(shape.in1(), new AbstractInHandler() {
                @Override
                public void onPush() {
                    fill();
                }

                // Earlier text has no end; without any there are live rows alone.
                @Override
                public void onUpstreamFinish() {
                    fill();
                }
            });
            setHandler(shape.out(), new AbstractOutHandler() {
                @Override
                public void onPull() {
                    fill();
                }
            });
        }

        @Override
        public void preStart() {
            live = intakes.get();
            replay = mix.get();
        }

        @Override
        public void postStop() {
            if (replay != null) {
                replay.close();
            }
        }

        private void fill() {
            if (!isAvailable(shape.out())) {
                return;
            }
            while (filling.size() < rows) {
                Row next = replay.isDue() ? earlier() : arrived();
                if (next == null) {
                    return;
                }
                filling.add(next);
            }
            push(shape.out(), RowGroup.batch(filling, sequence++, live.position(replay.position())));
            filling = new ArrayList<>();
        }

        /** Null where it has to be waited for. */
        private Row earlier() {
            Row past = replay.past();
            if (past != null) {
                return past;
            }
            if (isClosed(shape.in1())) {
                return arrived();
            }
            if (isAvailable(shape.in1())) {
                return replay.take(grab(shape.in1()));
            }
            if (!hasBeenPulled(shape.in1())) {
                pull(shape.in1());
            }
            return null;
        }

        private Row arrived() {
            Row row = live.next();
            if (row != null) {
                replay.tookLive(row);
            } else if (!hasBeenPulled(shape.in0())) {
                pull(shape.in0());
            }
            return row;
        }
    }
}
