package io.espalier.streams.transport;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The slots of one sender as its receiver has mapped them. Some of its frames are handed out where they lie; the others are
 * copied, so that a consumer that keeps frames does not keep all slots. Of the transport's thread; frames are closed by any.
 */
final class SenderSlots {
    private final SlotFolder folder;
    private final int mostLent;
    private final SlotName[] names = new SlotName[Slots.MOST];
    private final SlotFile[] files = new SlotFile[Slots.MOST];
    private final AtomicInteger lent = new AtomicInteger();

    /** @param mostLent frames that are handed out where they lie */
    SenderSlots(SlotFolder folder, int mostLent) {
        this.folder = folder;
        this.mostLent = mostLent;
    }

    /** A slot, mapped; null if it is gone. */
    SlotFile open(SlotName name) {
        int index = name.index();
        if (files[index] != null && names[index].equals(name)) {
            return files[index];
        }
        close(index);
        try {
            files[index] = folder.take(name);
            names[index] = name;
        } catch (IOException e) {
            // Its sender was given up by the driver, or has replaced it.
            return null;
        }
        return files[index];
    }

    /** Gives back the slot of a frame that is not wanted. */
    void refuse(SlotName name, long frame) {
        SlotFile file = open(name);
        if (file != null) {
            file.takeBack(frame);
        }
    }

    boolean mayLend() {
        return lent.get() < mostLent;
    }

    /** A frame's place in its slot, which comes back when the frame is closed or dropped. */
    Place lend(SlotFile file, long frame) {
        lent.incrementAndGet();
        file.use();
        return new Place(file.payload(), file.view(), () -> {
            file.giveBack(frame);
            file.release();
            lent.decrementAndGet();
        });
    }

    /** Frames that are handed out keep their mapping. */
    void close() {
        for (int i = 0; i < files.length; i++) {
            close(i);
        }
    }

    private void close(int index) {
        if (files[index] != null) {
            files[index].release();
            files[index] = null;
        }
    }
}
