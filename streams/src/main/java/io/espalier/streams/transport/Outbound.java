package io.espalier.streams.transport;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.logbuffer.BufferClaim;
import io.espalier.gpu.FaultPoint;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Sends one frame at a time: its header, then its payload in messages that are filled straight from the tensor's memory. A frame
 * whose receiver goes away midway is begun again when there is one; a frame that takes too long is given up. Frames are handed
 * over by the stage, everything else is of the transport's thread, which also releases them.
 */
final class Outbound implements Duty {
    /** Messages of one turn: other links want to send too. */
    private static final int MESSAGES_PER_TURN = 64;
    /** Frames that may wait behind the one in work, however small they are. */
    static final int MAX_WAITING = 64;

    private final Aeron aeron;
    private final long registration;
    private final long giveUpAfterNanos;
    private final Seal seal;
    private final BooleanSupplier cut;
    private final Runnable wake;
    private final Counts counts;
    private final Consumer<Delivery> delivered;
    private final Consumer<Throwable> failed;

    private final long ahead;
    private final Runnable room;
    private final ManyToManyConcurrentArrayQueue<OutgoingFrame> waiting =
            new ManyToManyConcurrentArrayQueue<>(MAX_WAITING);
    private final AtomicLong unsent = new AtomicLong();
    private volatile boolean stopped;
    private volatile boolean ended;

    private final ChunkHeader chunk = new ChunkHeader();
    private final BufferClaim claim = new BufferClaim();
    private final LogWindow log = new LogWindow();
    private final PayloadCursor cursor = new PayloadCursor();
    private final UnsafeBuffer headerBytes = new UnsafeBuffer(ByteBuffer.allocateDirect(FrameHeaderCodec.BYTES));
    private ExclusivePublication publication;
    private OutgoingFrame current;
    private long bytes;
    private long since;
    private long frameNumber = -1;
    private long messages;
    private boolean begun;
    private long sent;
    private OfferOutcome lastOutcome = OfferOutcome.NOT_CONNECTED;

    /**
     * A sender.
     *
     * @param registration of the publication, which Aeron opens meanwhile
     * @param ahead bytes of the frames it has that may be left when the next one is asked for
     * @param seal null where frames are not sealed
     * @param cut whether a test has cut the process off
     * @param wake ends the rest of the transport's thread
     * @param room told, by the transport's thread, when another frame may be given
     * @param delivered told of each frame, in order, by the transport's thread
     * @param failed told once, if no more can be sent
     */
    Outbound(
            Aeron aeron,
            long registration,
            Duration giveUpAfter,
            long ahead,
            Seal seal,
            BooleanSupplier cut,
            Runnable wake,
            Counts counts,
            Runnable room,
            Consumer<Delivery> delivered,
            Consumer<Throwable> failed) {
        this.aeron = aeron;
        this.registration = registration;
        this.giveUpAfterNanos = giveUpAfter.toNanos();
        this.ahead = ahead;
        this.room = room;
        this.seal = seal;
        this.cut = cut;
        this.wake = wake;
        this.counts = counts;
        this.delivered = delivered;
        this.failed = failed;
    }

    /** Whether it wants another frame: so little is left of those it has. Called by the stage. */
    boolean hasRoom() {
        return unsent.get() <= ahead;
    }

    /** Gives it the next frame. Called by the stage. */
    void send(OutgoingFrame frame) {
        unsent.addAndGet(frame.header().bytes());
        if (!waiting.offer(frame)) {
            throw new IllegalStateException("more frames are waiting than may");
        }
        if (ended) {
            releaseWaiting();
        }
        wake.run();
    }

    /** The stage has ended: the frame in work is released, and the link closed. Called by the stage. */
    void stop() {
        stopped = true;
    }

    @Override
    public boolean isStopped() {
        return stopped;
    }

    @Override
    public int work(long now) {
        if (stopped) {
            releaseAll();
            return 0;
        }
        if (publication == null) {
            publication = aeron.getExclusivePublication(registration);
        }
        if (current == null && !takeNext(now)) {
            return 0;
        }
        OfferOutcome outcome = publication == null || cut.getAsBoolean() ? OfferOutcome.NOT_CONNECTED : offerSome();
        switch (outcome) {
            case ACCEPTED, ADMIN_ACTION -> {}
            case BACK_PRESSURED -> counts.backPressured.increment();
            case NOT_CONNECTED -> onNotConnected();
            case CLOSED, MAX_POSITION_EXCEEDED ->
                throw new TransportLost("transport: publication " + publication.channel() + " is " + outcome, null);
        }
        if (current == null) {
            return 1;
        }
        if (outcome != OfferOutcome.ACCEPTED) {
            lastOutcome = outcome;
        }
        if (now - since > giveUpAfterNanos) {
            giveUp(now);
            return 1;
        }
        return outcome == OfferOutcome.ACCEPTED || outcome == OfferOutcome.ADMIN_ACTION ? 1 : 0;
    }

    private boolean takeNext(long now) {
        OutgoingFrame next = waiting.poll();
        if (next == null) {
            return false;
        }
        current = next;
        bytes = next.header().bytes();
        since = now;
        lastOutcome = OfferOutcome.NOT_CONNECTED;
        FrameHeaderCodec.write(next.header(), headerBytes, 0);
        rewind();
        return true;
    }

    private void rewind() {
        begun = false;
        unsent.addAndGet(sent);
        sent = 0;
        cursor.start(current.payload());
    }

    /** A new receiver knows nothing of what the last one had. */
    private void onNotConnected() {
        counts.notConnected.increment();
        if (begun) {
            counts.begunAgain.increment();
            rewind();
        }
    }

    private OfferOutcome offerSome() {
        OfferOutcome outcome = OfferOutcome.ACCEPTED;
        for (int i = 0; i < MESSAGES_PER_TURN && outcome == OfferOutcome.ACCEPTED; i++) {
            outcome = begun ? offerChunk() : offerBegin();
            if (outcome == OfferOutcome.ACCEPTED && sent == bytes) {
                finish();
                return outcome;
            }
        }
        return outcome;
    }

    private OfferOutcome offerBegin() {
        int added = seal == null ? 0 : Seal.SALT_BYTES + Seal.TAG_BYTES;
        int body = FrameHeaderCodec.BYTES + added;
        OfferOutcome outcome = OfferOutcome.of(publication.tryClaim(ChunkHeader.BYTES + body, claim));
        if (outcome != OfferOutcome.ACCEPTED) {
            return outcome;
        }
        chunk.set(ChunkHeader.BEGIN, seal != null, messages++, ++frameNumber, 0, FrameHeaderCodec.BYTES);
        MutableDirectBuffer buffer = claim.buffer();
        int at = claim.offset() + ChunkHeader.BYTES;
        if (seal == null) {
            buffer.putBytes(at, headerBytes, 0, FrameHeaderCodec.BYTES);
        } else {
            buffer.putBytes(at, seal.salt());
            ByteBuffer target = log.of(buffer, at + Seal.SALT_BYTES, FrameHeaderCodec.BYTES + Seal.TAG_BYTES);
            sealing(() -> {
                seal.begin(chunk);
                seal.last(headerBytes.byteBuffer().clear(), target);
            });
        }
        commit(body);
        begun = true;
        FaultPoint.FRAME_HALF_SENT.reached();
        return outcome;
    }

    private OfferOutcome offerChunk() {
        int added = seal == null ? 0 : Seal.TAG_BYTES;
        int largest = publication.maxPayloadLength() - ChunkHeader.BYTES - added;
        int length = (int) Math.min(largest, bytes - sent);
        OfferOutcome outcome = OfferOutcome.of(publication.tryClaim(ChunkHeader.BYTES + length + added, claim));
        if (outcome != OfferOutcome.ACCEPTED) {
            return outcome;
        }
        chunk.set(ChunkHeader.CHUNK, seal != null, messages++, frameNumber, sent, length);
        MutableDirectBuffer buffer = claim.buffer();
        int at = claim.offset() + ChunkHeader.BYTES;
        if (seal == null) {
            cursor.copy(buffer, at, length);
        } else {
            ByteBuffer target = log.of(buffer, at, length + added);
            sealing(() -> {
                seal.begin(chunk);
                cursor.seal(seal, target, length);
            });
        }
        commit(length + added);
        sent += length;
        sending(length);
        return outcome;
    }

    /** The stage hears when so little is left that it may bring the next frame. */
    private void sending(long length) {
        long left = unsent.addAndGet(-length);
        if (left <= ahead && left + length > ahead) {
            room.run();
        }
    }

    private interface Sealing {
        void run() throws GeneralSecurityException;
    }

    /**
     * Runs a step of sealing; where it fails, the claimed part of the log is given back to Aeron, without which no
     * later message would go out.
     */
    private void sealing(Sealing step) {
        try {
            step.run();
        } catch (GeneralSecurityException e) {
            claim.abort();
            throw new IllegalStateException("sealing a frame", e);
        }
    }

    /** The checksum is made while the bytes are still in the cache. */
    private void commit(int body) {
        MutableDirectBuffer buffer = claim.buffer();
        int at = claim.offset();
        chunk.write(buffer, at, log.of(buffer, at + ChunkHeader.BYTES, body));
        claim.commit();
    }

    private void finish() {
        FaultPoint.FRAME_SENT.reached();
        counts.framesOut.increment();
        counts.bytesOut.add(bytes);
        deliver(new Delivery.Offered(current.header(), bytes));
    }

    private void giveUp(long now) {
        counts.gaveUp.increment();
        sending(bytes - sent);
        deliver(new Delivery.GaveUp(current.header(), lastOutcome, Duration.ofNanos(now - since)));
    }

    private void deliver(Delivery delivery) {
        OutgoingFrame gone = current;
        current = null;
        sent = 0;
        cursor.start(List.of());
        gone.release().run();
        delivered.accept(delivery);
    }

    @Override
    public void end(Throwable cause) {
        ended = true;
        releaseAll();
        if (publication != null) {
            publication.close();
        } else if (!aeron.isClosed()) {
            aeron.asyncRemovePublication(registration);
        }
        if (cause != null) {
            failed.accept(cause);
        }
    }

    private void releaseAll() {
        if (current != null) {
            OutgoingFrame gone = current;
            current = null;
            gone.release().run();
        }
        releaseWaiting();
    }

    private void releaseWaiting() {
        for (OutgoingFrame gone = waiting.poll(); gone != null; gone = waiting.poll()) {
            gone.release().run();
        }
    }
}
