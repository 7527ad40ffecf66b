package io.espalier.streams.transport;

import java.nio.ByteOrder;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Which slot a frame lies in, as its first message says it (see the package for the layout).
 *
 * @param index among its sender's, below {@link Slots#MOST}
 * @param owner the sender's process
 * @param number of the file among its process's
 */
record SlotName(int index, ProcessName owner, long number) {
    static final int BYTES = 40;

    private static final int OWNER_AT = 8;
    private static final int NUMBER_AT = OWNER_AT + 3 * Long.BYTES;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    void write(MutableDirectBuffer buffer, int at) {
        buffer.putInt(at, index, ORDER);
        buffer.putInt(at + Integer.BYTES, 0);
        buffer.putLong(at + OWNER_AT, owner.namespace(), ORDER);
        buffer.putLong(at + OWNER_AT + Long.BYTES, owner.pid(), ORDER);
        buffer.putLong(at + OWNER_AT + 2 * Long.BYTES, owner.start(), ORDER);
        buffer.putLong(at + NUMBER_AT, number, ORDER);
    }

    /** The name; empty if the bytes are none. */
    static Optional<SlotName> read(DirectBuffer buffer, int at) {
        int index = buffer.getInt(at, ORDER);
        long namespace = buffer.getLong(at + OWNER_AT, ORDER);
        long pid = buffer.getLong(at + OWNER_AT + Long.BYTES, ORDER);
        long start = buffer.getLong(at + OWNER_AT + 2 * Long.BYTES, ORDER);
        long number = buffer.getLong(at + NUMBER_AT, ORDER);
        boolean none = index < 0
                || index >= Slots.MOST
                || buffer.getInt(at + Integer.BYTES) != 0
                || (namespace | pid | start | number) < 0;
        return none
                ? Optional.empty()
                : Optional.of(new SlotName(index, new ProcessName(namespace, pid, start), number));
    }

    /** Of the slot's file. */
    String fileName() {
        return owner + "-" + number;
    }
}
