package io.espalier.streams.transport;

import java.util.concurrent.atomic.AtomicInteger;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;

/**
 * The room that one receiver has: a credit for each frame, spent when it begins and earned back when it is passed on or
 * dropped. The transport's thread fills it, the stage empties it, and whichever ends last closes what is left.
 */
final class Window {
    private final AtomicInteger credits;
    private final ManyToManyConcurrentArrayQueue<Frame> whole;
    private final FrameMemory memory;
    private final Counts counts;
    private final Runnable onOpened;

    /** @param onOpened told, by the stage, when a frame may begin again */
    Window(int frames, FrameMemory memory, Counts counts, Runnable onOpened) {
        this.onOpened = onOpened;
        this.credits = new AtomicInteger(frames);
        // ManyToManyConcurrentArrayQueue refuses a capacity of one.
        this.whole = new ManyToManyConcurrentArrayQueue<>(Math.max(2, frames));
        this.memory = memory;
        this.counts = counts;
    }

    boolean isOpen() {
        return credits.get() > 0;
    }

    /** Spends a credit on a frame that memory is needed for. */
    Place begin(long bytes) {
        FrameMemory.Block block = memory.take(bytes);
        credits.decrementAndGet();
        return new Place(block.segment(), block.view(), () -> memory.giveBack(block));
    }

    void drop(Place place, DropReason reason) {
        place.release().run();
        credits.incrementAndGet();
        counts.dropped(reason);
    }

    void drop(DropReason reason) {
        counts.dropped(reason);
    }

    void arrived(FrameHeader header, Place place) {
        long bytes = header.bytes();
        counts.framesIn.increment();
        counts.bytesIn.add(bytes);
        Frame frame = new Frame(header, place.segment().asSlice(0, bytes), place.release());
        if (!whole.offer(frame)) {
            throw new IllegalStateException("a window holds more frames than it has credits");
        }
    }

    boolean hasWhole() {
        return !whole.isEmpty();
    }

    /** The next frame, or null; its credit is earned back. */
    Frame next() {
        Frame frame = whole.poll();
        if (frame != null && credits.getAndIncrement() == 0) {
            onOpened.run();
        }
        return frame;
    }

    /** Closes what nobody will take. May be called by several threads, and again. */
    void clear() {
        for (Frame frame = whole.poll(); frame != null; frame = whole.poll()) {
            frame.close();
        }
    }
}
