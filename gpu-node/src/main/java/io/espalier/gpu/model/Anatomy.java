package io.espalier.gpu.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The numbers and the layers of a model, from which its parameters follow.
 *
 * @param eps of every RMSNorm
 * @param tied whether the head is the embedding
 * @param embeddingScale what looked-up embeddings are multiplied by
 * @param residualScale what a block's output is multiplied by before it joins the residual stream
 * @param logitScale what logits are multiplied by
 * @param norms of every layer; the last norm has their offset
 */
public record Anatomy(
        int vocabSize,
        int hiddenSize,
        double eps,
        boolean tied,
        double embeddingScale,
        double residualScale,
        double logitScale,
        Norms norms,
        List<Layer> layers) {
    static final String EMBEDDING = "model.embed_tokens.weight";
    static final String FINAL_NORM = "model.norm";
    static final String HEAD = "lm_head";

    /** A decoder layer: the block that mixes positions, and the block that works on each alone. */
    public record Layer(Block mixer, Block mlp) {}

    static String layerPrefix(int layer) {
        return "model.layers." + layer + ".";
    }

    /** Every parameter, in a fixed order; a tied head is not stored. */
    List<TensorSpec> tensors() {
        List<TensorSpec> specs = new ArrayList<>(trunk(0, layers.size()));
        if (!tied) {
            TensorList head = new TensorList();
            head.matrix(HEAD, vocabulary(), hidden(), null, "output");
            specs.addAll(head.specs());
        }
        return specs;
    }

    /** The parameters of layers [from, to), with the embedding before the first and the last norm behind the last. */
    List<TensorSpec> trunk(int from, int to) {
        TensorList tensors = new TensorList();
        if (from == 0) {
            tensors.add(EMBEDDING, List.of(vocabulary(), hidden()), TensorSpec.Start.NORMAL, null, "token_embd.weight");
        }
        for (int i = from; i < to; i++) {
            Layer layer = layers.get(i);
            tensors.layer(i);
            norms.describeBeforeMixer(tensors, hidden());
            layer.mixer.describe(tensors);
            norms.describeAround(tensors, hidden());
            layer.mlp.describe(tensors);
            norms.describeAfterMlp(tensors, hidden());
        }
        if (to == layers.size()) {
            tensors.layer(-1).gain(FINAL_NORM, hidden(), norms.offset(), Taps.Site.FINAL_NORM, "output_norm");
        }
        return tensors.specs();
    }

    private Axis vocabulary() {
        return Axis.of(Role.VOCABULARY, vocabSize);
    }

    private Axis hidden() {
        return Axis.of(Role.HIDDEN, hiddenSize);
    }
}
