package io.espalier.gpu.quant;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A format of ggml in which each row of a matrix is cut into blocks. Source: the block structures of ggml, llama.cpp's
 * tensor library; numbers are little-endian, scales f16.
 */
public enum BlockFormat {
    Q5_0(6, 32, 22),
    Q8_0(8, 32, 34),
    Q4_K(12, 256, 144),
    Q6_K(14, 256, 210);

    private final int number;
    private final int values;
    private final int bytes;

    BlockFormat(int number, int values, int bytes) {
        this.number = number;
        this.values = values;
        this.bytes = bytes;
    }

    /** The type's number in a file. */
    public int number() {
        return number;
    }

    /** Whether rows of so many values are whole blocks. */
    public boolean divides(long columns) {
        return columns % values == 0;
    }

    /** Bytes of so many values, which are whole blocks. */
    public long bytes(long count) {
        return count / values * bytes;
    }

    /** The format that llama.cpp takes instead where rows are no whole blocks; null for none. */
    BlockFormat instead() {
        return switch (this) {
            case Q4_K -> Q5_0;
            case Q6_K -> Q8_0;
            case Q5_0, Q8_0 -> null;
        };
    }

    /** Encodes rows of whole blocks into {@code out}, from {@code at} on. */
    public void encode(float[] row, byte[] out, int at) {
        ByteBuffer buffer = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN).position(at);
        for (int from = 0; from < row.length; from += values) {
            encodeBlock(row, from, buffer);
        }
    }

    /** Writes the block that begins at a value. */
    private void encodeBlock(float[] row, int from, ByteBuffer out) {
        switch (this) {
            case Q5_0 -> SimpleBlocks.fiveBits(row, from, out);
            case Q8_0 -> SimpleBlocks.eightBits(row, from, out);
            case Q4_K -> new FourBitBlock().encode(row, from, out);
            case Q6_K -> SixBitBlock.encode(row, from, out);
        }
    }
}
