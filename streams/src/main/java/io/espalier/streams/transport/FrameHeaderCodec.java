package io.espalier.streams.transport;

import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.streams.transport.FrameHeader.Kind;
import java.nio.ByteOrder;
import java.util.Optional;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** A frame's header as bytes (see the package for the layout). */
final class FrameHeaderCodec {
    static final int BYTES = 120;

    private static final int JOB_AT = 24;
    private static final int EPOCH_AT = 32;
    private static final int LINK_AT = 40;
    private static final int SEQUENCE_AT = 48;
    private static final int SHAPE_AT = 56;
    private static final int HASH_AT = SHAPE_AT + Long.BYTES * FrameHeader.MAX_DIMENSIONS;
    private static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private FrameHeaderCodec() {}

    static void write(FrameHeader header, MutableDirectBuffer buffer, int at) {
        buffer.putByte(at, code(header.kind()));
        buffer.putByte(at + 1, code(header.type()));
        buffer.putByte(at + 2, (byte) header.shape().length);
        buffer.putByte(at + 3, (byte) 0);
        buffer.putInt(at + 4, header.attempt(), ORDER);
        buffer.putInt(at + 8, header.part(), ORDER);
        buffer.putInt(at + 12, header.parts(), ORDER);
        buffer.putInt(at + 16, header.site(), ORDER);
        buffer.putInt(at + 20, header.layer(), ORDER);
        buffer.putLong(at + JOB_AT, header.job(), ORDER);
        buffer.putLong(at + EPOCH_AT, header.epoch(), ORDER);
        buffer.putLong(at + LINK_AT, header.link(), ORDER);
        buffer.putLong(at + SEQUENCE_AT, header.sequence(), ORDER);
        for (int i = 0; i < FrameHeader.MAX_DIMENSIONS; i++) {
            long size = i < header.shape().length ? header.shape()[i] : 0;
            buffer.putLong(at + SHAPE_AT + i * Long.BYTES, size, ORDER);
        }
        buffer.putBytes(at + HASH_AT, header.hash());
    }

    static boolean expected(Expected expected, DirectBuffer buffer, int at) {
        return expected.takes(
                buffer.getLong(at + JOB_AT, ORDER),
                buffer.getLong(at + EPOCH_AT, ORDER),
                buffer.getLong(at + LINK_AT, ORDER));
    }

    /** The header; empty if the bytes are none. */
    static Optional<FrameHeader> read(DirectBuffer buffer, int at) {
        Kind kind = kind(buffer.getByte(at));
        TensorType type = type(buffer.getByte(at + 1));
        int dimensions = buffer.getByte(at + 2);
        int part = buffer.getInt(at + 8, ORDER);
        int parts = buffer.getInt(at + 12, ORDER);
        if (kind == null || type == null || dimensions < 0 || dimensions > FrameHeader.MAX_DIMENSIONS) {
            return Optional.empty();
        }
        long[] shape = new long[dimensions];
        long elements = 1;
        for (int i = 0; i < dimensions; i++) {
            shape[i] = buffer.getLong(at + SHAPE_AT + i * Long.BYTES, ORDER);
            // An int each, and together, so that no product overflows.
            if (shape[i] < 0 || shape[i] > Integer.MAX_VALUE || elements * shape[i] > Long.MAX_VALUE >> Integer.SIZE) {
                return Optional.empty();
            }
            elements *= shape[i];
        }
        if (part < 0 || part >= parts) {
            return Optional.empty();
        }
        byte[] hash = new byte[FrameHeader.HASH_BYTES];
        buffer.getBytes(at + HASH_AT, hash);
        return Optional.of(new FrameHeader(
                kind,
                buffer.getLong(at + JOB_AT, ORDER),
                buffer.getLong(at + EPOCH_AT, ORDER),
                buffer.getLong(at + LINK_AT, ORDER),
                buffer.getLong(at + SEQUENCE_AT, ORDER),
                buffer.getInt(at + 4, ORDER),
                part,
                parts,
                buffer.getInt(at + 16, ORDER),
                buffer.getInt(at + 20, ORDER),
                type,
                shape,
                hash));
    }

    private static byte code(Kind kind) {
        return switch (kind) {
            case REQUEST -> 1;
            case RESIDUAL -> 2;
            case SIGNAL -> 3;
            case FAILURE -> 4;
            case COLLECT -> 5;
        };
    }

    private static Kind kind(byte code) {
        for (Kind kind : Kind.values()) {
            if (code(kind) == code) {
                return kind;
            }
        }
        return null;
    }

    private static byte code(TensorType type) {
        return switch (type) {
            case BOOL -> 1;
            case U8 -> 2;
            case I8 -> 3;
            case I16 -> 4;
            case U16 -> 5;
            case I32 -> 6;
            case U32 -> 7;
            case I64 -> 8;
            case U64 -> 9;
            case F16 -> 10;
            case BF16 -> 11;
            case F8_E4M3 -> 12;
            case F8_E5M2 -> 13;
            case F32 -> 14;
            case F64 -> 15;
        };
    }

    private static TensorType type(byte code) {
        for (TensorType type : TensorType.values()) {
            if (code(type) == code) {
                return type;
            }
        }
        return null;
    }
}
