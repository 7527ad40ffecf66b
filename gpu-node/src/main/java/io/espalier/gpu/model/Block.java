package io.espalier.gpu.model;

/** The description of one of the two blocks of a decoder layer; {@link Part} computes it. */
public sealed interface Block permits AttentionBlock, DeltaNetBlock, MlpBlock, ExpertsBlock {
    /** Adds its parameters, in the order of a checkpoint. */
    void describe(TensorList tensors);

    /** Multiplications of a forward pass over one position, without those of attention's scores. */
    double products();

    /** Multiplications for the scores and sums of attention, a position of a row of {@code positions}. */
    default double scores(int positions) {
        return 0;
    }

    /** Numbers that decoding keeps of a row of {@code positions}. */
    default long remembered(int positions) {
        return 0;
    }
}
