package io.espalier.actors.teacher;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.streams.transport.FrameHeader;
import io.espalier.streams.transport.FrameHeader.Kind;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Wire;
import io.espalier.streams.transport.Wire.Envelope;
import java.util.Arrays;
import java.util.List;

/** A question to a teacher. */
sealed interface TeacherQuestion {
    /** The attempt and the link by which a question is asked. */
    record Attempt(long job, long epoch, long link, int attempt) {}

    List<OutgoingFrame> frames(Attempt attempt);

    /** The sequence number that both the question and its answer carry. */
    long sequence();

    /** Whether a frame says that it answers this. */
    boolean fits(FrameHeader header);

    /** A question about a batch. */
    record OfBatch(TokenBatch batch, byte[] hash) implements TeacherQuestion {
        OfBatch(TokenBatch batch) {
            this(batch, Wire.hash(batch));
        }

        @Override
        public List<OutgoingFrame> frames(Attempt a) {
            return Wire.request(
                    new Envelope(Kind.REQUEST, a.job, a.epoch, a.link, batch.sequence(), a.attempt, hash), batch);
        }

        @Override
        public long sequence() {
            return batch.sequence();
        }

        @Override
        public boolean fits(FrameHeader header) {
            return header.sequence() == batch.sequence() && Arrays.equals(header.hash(), hash);
        }
    }

    /** A question for the sums of the teacher's stages; it belongs to no batch. */
    record OfSums() implements TeacherQuestion {
        @Override
        public List<OutgoingFrame> frames(Attempt a) {
            return Wire.collect(a.job, a.epoch, a.link, a.attempt);
        }

        @Override
        public long sequence() {
            return Wire.NO_BATCH;
        }

        @Override
        public boolean fits(FrameHeader header) {
            return Wire.ofNoBatch(header);
        }
    }
}
