package io.espalier.gpu.train;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Documents;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** The documents of a batch as a part that passes from stage to stage; batches whose rows are not divided have none. */
final class DocumentsPart {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private DocumentsPart() {}

    static List<SignalPart> of(Documents documents) {
        if (!documents.divided()) {
            return List.of();
        }
        int[] begins = documents.begins();
        MemorySegment memory = Arena.ofAuto().allocate((long) begins.length * Integer.BYTES, Integer.BYTES);
        MemorySegment.copy(begins, 0, memory, INT, 0, begins.length);
        return List.of(
                new SignalPart(PartName.Extra.DOCUMENTS, TensorType.I32, new long[] {begins.length}, List.of(memory)));
    }

    static boolean isFirst(List<SignalPart> parts) {
        return !parts.isEmpty() && parts.getFirst().name() == PartName.Extra.DOCUMENTS;
    }

    /** The documents of rows of positions, from a part that another process may have sent. */
    static Documents read(String where, SignalPart part, int rows, int positions) {
        if (part.shape().length != 1 || part.shape()[0] < 1 || part.shape()[0] >= (long) rows * positions) {
            throw Refused.invalid(
                    where,
                    "documents",
                    Arrays.toString(part.shape()),
                    "must be [N], fewer than the batch has positions");
        }
        part.require(where, PartName.Extra.DOCUMENTS, TensorType.I32, part.shape()[0]);
        int[] begins = new int[(int) part.shape()[0]];
        int at = 0;
        for (MemorySegment piece : part.bytes()) {
            int count = (int) (piece.byteSize() / Integer.BYTES);
            MemorySegment.copy(piece, INT, 0, begins, at, count);
            at += count;
        }
        try {
            return new Documents(rows, positions, begins);
        } catch (IllegalArgumentException e) {
            throw Refused.invalid(where, "documents", e.getMessage(), "must be ascending and inside the rows");
        }
    }
}
