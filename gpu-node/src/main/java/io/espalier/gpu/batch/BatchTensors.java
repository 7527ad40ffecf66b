package io.espalier.gpu.batch;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.Scope;
import java.util.Arrays;

/** A batch's parts as tensors on the device. */
public final class BatchTensors {
    private BatchTensors() {}

    /** Inputs [rows, seqLength], int64. Ids beyond the vocabulary are refused: libtorch would read past the table. */
    public static NDArray inputs(Scope scope, TokenBatch batch, int vocabSize) {
        return scope.ids(columns(batch, 0, vocabSize), batch.rows());
    }

    /** Targets [rows · seqLength], int64. */
    public static NDArray targets(Scope scope, TokenBatch batch, int vocabSize) {
        return scope.ids(columns(batch, 1, vocabSize), 1).flatten();
    }

    /** [rows · seqLength], 1 where a target counts. */
    public static NDArray mask(Scope scope, TokenBatch batch) {
        float[] mask = new float[batch.rows() * batch.seqLength()];
        Arrays.fill(mask, 1f);
        if (batch.lossMask() != null) {
            for (int i = 0; i < mask.length; i++) {
                mask[i] = batch.lossMask()[i] ? 1f : 0f;
            }
        }
        return scope.floats(mask, mask.length);
    }

    private static long[] columns(TokenBatch batch, int first, int vocabSize) {
        int s = batch.seqLength();
        long[] ids = new long[batch.rows() * s];
        for (int i = 0; i < ids.length; i++) {
            int id = batch.ids()[i / s * (s + 1) + i % s + first];
            if (id < 0 || id >= vocabSize) {
                throw Refused.invalid(
                        "batch " + batch.sequence() + " from " + batch.provenance(),
                        "token id",
                        id,
                        "must be in [0, " + vocabSize + "), the model's vocabulary");
            }
            ids[i] = id;
        }
        return ids;
    }
}
