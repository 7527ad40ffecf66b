package io.espalier.streams.transport;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The slots that one sender fills, as many as a window has frames. One that does not come back is replaced: all of them when the
 * receiver is gone, one that was passed over at once, and one that has been kept for too long when another frame wants it.
 * Of the transport's thread.
 */
final class Slots {
    /** Of one sender. */
    static final int MOST = 64;

    private static final Logger LOG = LoggerFactory.getLogger(Slots.class);

    private final SlotFolder folder;
    private final long from;
    private final long largest;
    private final long patienceNanos;
    private final Slot[] slots;
    /** What there was no room for. */
    private long tooLarge = Long.MAX_VALUE;

    /** One slot. */
    static final class Slot {
        private final int index;
        private SlotName name;
        private SlotFile file;
        /** Of the frame that lies in it, from 1; 0 for none. */
        private long frame;

        private long since;

        private Slot(int index) {
            this.index = index;
        }

        SlotName name() {
            return name;
        }

        SlotFile file() {
            return file;
        }

        private boolean isFree() {
            return file == null || file.turn() == 0;
        }

        private boolean isUntaken() {
            return file != null && frame != 0 && file.turn() == frame;
        }
    }

    /**
     * None is made before it is needed.
     *
     * @param patience how long a receiver may keep one that another frame wants
     */
    Slots(SlotFolder folder, TransportSettings.Shared settings, int windowFrames, Duration patience) {
        this.folder = folder;
        this.slots = new Slot[Math.min(windowFrames, MOST)];
        Arrays.setAll(slots, Slot::new);
        this.from = settings.from();
        this.largest = settings.most() / slots.length;
        this.patienceNanos = patience.toNanos();
    }

    /** Whether frames of this size are for slots. */
    boolean serve(long bytes) {
        return bytes >= from && bytes <= largest && bytes < tooLarge;
    }

    /** A slot for a frame; null if there is none now, or no memory for one, in which case such frames are no longer served. */
    Slot free(long bytes, long now) {
        reclaim(now);
        Slot small = null;
        for (Slot slot : slots) {
            if (slot.isFree()) {
                if (slot.file != null && slot.file.bytes() >= bytes) {
                    return slot;
                }
                small = slot;
            }
        }
        return small != null && make(small, bytes) ? small : null;
    }

    private boolean make(Slot slot, long bytes) {
        drop(slot);
        try {
            slot.name = SlotFolder.next(slot.index);
            slot.file = folder.create(slot.name, Math.min(largest, FrameMemory.rounded(bytes)));
            return true;
        } catch (IOException e) {
            tooLarge = bytes;
            LOG.warn("transport: frames of {} bytes go through the log, which is slower: {}", bytes, e.getMessage());
            return false;
        }
    }

    /** A receiver takes frames in order: what it has not taken when it takes a later one, it has dropped. */
    private void reclaim(long now) {
        long passed = 0;
        for (Slot slot : slots) {
            if (slot.file != null && slot.file.turn() != slot.frame) {
                passed = Math.max(passed, slot.frame);
            }
        }
        for (Slot slot : slots) {
            if (slot.isUntaken() && slot.frame < passed) {
                slot.file.takeBack(slot.frame);
            } else if (!slot.isFree() && slot.file.isTaken(slot.frame) && now - slot.since > patienceNanos) {
                drop(slot);
            }
        }
    }

    /** The slot is this frame's from now on. */
    void fill(Slot slot, long frame, long now) {
        slot.frame = frame;
        slot.since = now;
        slot.file.say(frame);
    }

    /** Its frame will never be whole, so its receiver drops it. */
    void takeBack(Slot slot) {
        slot.frame = 0;
        slot.file.say(0);
    }

    /** Whether a frame waits that has not been taken. */
    boolean hasUntaken() {
        return Arrays.stream(slots).anyMatch(Slot::isUntaken);
    }

    /** There is nobody who would give them back. */
    void dropAll() {
        Arrays.stream(slots).forEach(this::drop);
    }

    /** Leaves what has not been taken to a receiver that may still come to it. */
    void leave() {
        for (Slot slot : slots) {
            if (slot.isUntaken()) {
                slot.file.release();
                slot.file = null;
            } else {
                drop(slot);
            }
        }
    }

    private void drop(Slot slot) {
        if (slot.file != null) {
            folder.delete(slot.name);
            slot.file.release();
            slot.file = null;
        }
        slot.frame = 0;
    }
}
