package io.espalier.streams.source;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * The ways in which an indexed file stores a token id; the codes are those of the format. Floating point holds no ids.
 */
enum IdType {
    UINT8(1, 1),
    INT8(2, 1),
    INT16(3, 2),
    INT32(4, 4),
    INT64(5, 8),
    UINT16(8, 2);

    /** The size of the vocabulary from which on Megatron's writer stores an id in four bytes. */
    private static final int WIDE_VOCABULARY = 65_500;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int code;
    private final int bytes;

    IdType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    static Optional<IdType> ofCode(int code) {
        return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
    }

    static IdType ofVocabulary(int vocabSize) {
        return vocabSize < WIDE_VOCABULARY ? UINT16 : INT32;
    }

    int code() {
        return code;
    }

    int bytes() {
        return bytes;
    }

    long read(MemorySegment from, long at) {
        return switch (this) {
            case UINT8 -> Byte.toUnsignedInt(from.get(ValueLayout.JAVA_BYTE, at));
            case INT8 -> from.get(ValueLayout.JAVA_BYTE, at);
            case INT16 -> from.get(SHORT, at);
            case INT32 -> from.get(INT, at);
            case INT64 -> from.get(LONG, at);
            case UINT16 -> Short.toUnsignedInt(from.get(SHORT, at));
        };
    }
}
