package io.espalier.streams.transport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Native memory of frames that arrive, used again and again: fresh memory costs as much as filling it. The windows of
 * the receivers bound the memory in use, the settings the idle memory. Taken by the transport's thread, given back by
 * any.
 */
final class FrameMemory implements AutoCloseable {
    private static final long PAGE = 4096;
    /** Sizes are rounded up to an eighth of their magnitude, so that frames of nearly one size share buffers. */
    private static final int STEPS = 8;

    private final long maxIdle;
    private final NavigableMap<Long, Deque<Block>> idleBlocks = new TreeMap<>();
    private long idle;
    private long inUse;
    private long highWater;
    private boolean closed;

    FrameMemory(long maxIdle) {
        this.maxIdle = maxIdle;
    }

    /**
     * Memory for one frame.
     *
     * @param view of all of the segment, for ciphers
     */
    record Block(Arena arena, MemorySegment segment, ByteBuffer view) {
        // Closed when the block is given back and not kept.
        @SuppressWarnings("MustBeClosedChecker")
        private static Block of(long bytes) {
            Arena arena = Arena.ofShared();
            MemorySegment segment = arena.allocate(bytes, PAGE);
            return new Block(arena, segment, segment.asByteBuffer());
        }

        private long bytes() {
            return segment.byteSize();
        }
    }

    /**
     * The bytes that a transport's frames take, those it keeps for later frames, and the most that were ever in use.
     */
    record Use(long inUse, long highWater, long idle) {}

    synchronized Block take(long bytes) {
        long size = rounded(bytes);
        Map.Entry<Long, Deque<Block>> fitting = idleBlocks.ceilingEntry(size);
        Block block = fitting != null && fitting.getKey() <= 2 * size ? takeIdle(fitting) : Block.of(size);
        inUse += block.bytes();
        highWater = Math.max(highWater, inUse);
        return block;
    }

    private Block takeIdle(Map.Entry<Long, Deque<Block>> fitting) {
        Block block = fitting.getValue().pop();
        if (fitting.getValue().isEmpty()) {
            idleBlocks.remove(fitting.getKey());
        }
        idle -= block.bytes();
        return block;
    }

    /** The size of a buffer for so many bytes. */
    static long rounded(long bytes) {
        long step = Math.max(PAGE, Long.highestOneBit(Math.max(1, bytes)) / STEPS);
        return Math.min((Math.max(1, bytes) + step - 1) / step * step, TransportSettings.LARGEST);
    }

    synchronized void giveBack(Block block) {
        inUse -= block.bytes();
        if (closed || idle + block.bytes() > maxIdle) {
            block.arena().close();
        } else {
            idle += block.bytes();
            idleBlocks.computeIfAbsent(block.bytes(), _ -> new ArrayDeque<>()).push(block);
        }
    }

    synchronized Use use() {
        return new Use(inUse, highWater, idle);
    }

    /** Frees what is idle at once, and what is in use when it is given back. */
    @Override
    public synchronized void close() {
        closed = true;
        idleBlocks
                .values()
                .forEach(blocks -> blocks.forEach(block -> block.arena().close()));
        idleBlocks.clear();
        idle = 0;
    }
}
