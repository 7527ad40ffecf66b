package io.espalier.gpu.train;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** A transport's part in a test: the bytes of a signal somewhere else, in pieces, with the original closed. */
final class Carried {
    private static final int PIECES = 3;

    private Carried() {}

    /** Closes the signal; the copy's memory is gone when that is closed. */
    @SuppressWarnings("MustBeClosedChecker") // the signal closes it
    static ReceivedSignal copy(TeacherSignal signal) {
        Arena arena = Arena.ofShared();
        try (signal) {
            List<SignalPart> parts = signal.parts().stream()
                    .map(part -> new SignalPart(part.name(), part.type(), part.shape(), copy(arena, part)))
                    .toList();
            return new ReceivedSignal(signal.sequence(), parts, arena::close);
        }
    }

    private static List<MemorySegment> copy(Arena arena, SignalPart part) {
        MemorySegment whole = arena.allocate(part.size());
        long at = 0;
        for (MemorySegment piece : part.bytes()) {
            MemorySegment.copy(piece, 0, whole, at, piece.byteSize());
            at += piece.byteSize();
        }
        // Cut where no element ends.
        long length = Math.max(1, whole.byteSize() / PIECES - 1);
        List<MemorySegment> pieces = new ArrayList<>();
        for (at = 0; at < whole.byteSize(); at += length) {
            pieces.add(whole.asSlice(at, Math.min(length, whole.byteSize() - at)));
        }
        return pieces;
    }

    /** All that a signal says, as text: two that differ in any bit differ. */
    static List<String> text(TeacherSignal signal) {
        List<String> text = new ArrayList<>(List.of("batch " + signal.sequence() + ", " + signal.bytes() + " bytes"));
        try (ReceivedSignal copy = copy(signal)) {
            for (SignalPart part : copy.parts()) {
                MemorySegment whole = MemorySegment.ofArray(new byte[(int) part.size()]);
                long at = 0;
                for (MemorySegment piece : part.bytes()) {
                    MemorySegment.copy(piece, 0, whole, at, piece.byteSize());
                    at += piece.byteSize();
                }
                text.add(part.name() + " " + part.type() + " " + Arrays.toString(part.shape()) + " "
                        + HexFormat.of().formatHex((byte[]) whole.heapBase().orElseThrow()));
            }
        }
        return text;
    }
}
