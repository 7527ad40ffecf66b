package io.espalier.streams.transport;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counts of a transport's thread. Written by it alone, read by any. */
final class Counts {
    final LongAdder framesIn = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder framesOut = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder begunAgain = new LongAdder();
    final LongAdder gaveUp = new LongAdder();
    final LongAdder backPressured = new LongAdder();
    final LongAdder notConnected = new LongAdder();
    final LongAdder errors = new LongAdder();
    private final Map<DropReason, LongAdder> dropped = new EnumMap<>(DropReason.class);

    Counts() {
        for (DropReason reason : DropReason.values()) {
            dropped.put(reason, new LongAdder());
        }
    }

    void dropped(DropReason reason) {
        dropped.get(reason).increment();
    }

    Map<DropReason, Long> dropped() {
        Map<DropReason, Long> all = new EnumMap<>(DropReason.class);
        dropped.forEach((reason, count) -> all.put(reason, count.sum()));
        return all;
    }
}
