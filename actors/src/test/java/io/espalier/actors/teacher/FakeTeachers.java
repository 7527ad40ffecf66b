package io.espalier.actors.teacher;

import io.espalier.actors.protocol.HostProtocol.Stage;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.train.SignalPart;
import io.espalier.streams.transport.Bundle;
import io.espalier.streams.transport.Frame;
import io.espalier.streams.transport.FrameHeader;
import io.espalier.streams.transport.FrameHeader.Kind;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Wire;
import io.espalier.streams.transport.Wire.Envelope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Links to teachers that answer when the test says so. Counts the frames that nobody has closed. */
final class FakeTeachers implements TeacherLinks {
    final List<FakeLink> opened = new CopyOnWriteArrayList<>();
    final AtomicInteger openFrames = new AtomicInteger();
    volatile boolean refusing;

    @Override
    public CompletionStage<TeacherLink> open(long link, long epoch, List<Stage> stages, TeacherLink.Listener listener) {
        if (refusing) {
            return CompletableFuture.failedFuture(new IllegalStateException("it is loading"));
        }
        FakeLink fake = new FakeLink(stages.getFirst().rank(), listener);
        opened.add(fake);
        return CompletableFuture.completedFuture(fake);
    }

    /** The newest link to a teacher. */
    FakeLink of(String rank) {
        return opened.stream()
                .filter(link -> link.rank.equals(rank))
                .reduce((_, last) -> last)
                .orElseThrow();
    }

    final class FakeLink implements TeacherLink {
        final String rank;
        final Listener listener;
        final List<FrameHeader> asked = new CopyOnWriteArrayList<>();
        volatile boolean closed;

        FakeLink(String rank, Listener listener) {
            this.rank = rank;
            this.listener = listener;
        }

        @Override
        public boolean send(List<OutgoingFrame> request) {
            asked.add(request.getFirst().header());
            return true;
        }

        /** Answers the n-th question; the first element of the signal tells who answered which. */
        void answer(int n) {
            listener.arrived(bundle(asked.get(n), Kind.SIGNAL));
        }

        void fail(int n, String why, boolean retry) {
            FrameHeader h = asked.get(n);
            Envelope envelope =
                    new Envelope(Kind.FAILURE, h.job(), h.epoch(), h.link(), h.sequence(), h.attempt(), h.hash());
            List<Frame> frames = new ArrayList<>();
            for (OutgoingFrame frame : Wire.failure(envelope, new Wire.Failure(why, retry))) {
                frames.add(frame(frame.header(), frame.payload().getFirst()));
            }
            listener.arrived(new Bundle(frames));
        }

        private Bundle bundle(FrameHeader h, Kind kind) {
            Envelope envelope = new Envelope(kind, h.job(), h.epoch(), h.link(), h.sequence(), h.attempt(), h.hash());
            MemorySegment memory = Arena.ofAuto().allocate(Float.BYTES);
            SignalPart part =
                    SignalPart.state(new Place(Site.FINAL_NORM, 1), TensorType.F32, new long[] {1, 1}, List.of(memory));
            List<Frame> frames = new ArrayList<>();
            for (OutgoingFrame frame : Wire.tensors(envelope, List.of(part), () -> {})) {
                frames.add(frame(frame.header(), memory));
            }
            return new Bundle(frames);
        }

        private Frame frame(FrameHeader header, MemorySegment memory) {
            openFrames.incrementAndGet();
            return new Frame(header, memory, openFrames::decrementAndGet);
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
