package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A decoder language model as arithmetic over {@link Parameters}: it owns no tensor. Final hidden states are what the head
 * multiplies: the output of the last norm, times the scale of logits where there is one; the head is applied by whoever
 * needs logits, chunk by chunk.
 */
public final class CausalLm {
    public static final String EMBEDDING = Anatomy.EMBEDDING;

    private final ModelConfig config;
    private final List<DecoderLayer> layers;
    private final Map<Rope, RotaryEmbedding> ropes;
    private final NDArray eps;
    /** Null where they are 1. */
    private final NDArray embeddingScale;

    private final NDArray logitScale;

    public CausalLm(Torch torch, ModelConfig config) {
        Anatomy anatomy = config.anatomy();
        this.config = config;
        this.ropes = config.ropes().stream().collect(Collectors.toMap(rope -> rope, RotaryEmbedding::new));
        this.eps = torch.scalar(anatomy.eps());
        this.embeddingScale = anatomy.embeddingScale() == 1 ? null : torch.scalar(anatomy.embeddingScale());
        this.logitScale = anatomy.logitScale() == 1 ? null : torch.scalar(anatomy.logitScale());
        this.layers = IntStream.range(0, config.numHiddenLayers())
                .mapToObj(i -> new DecoderLayer(torch, anatomy, i, eps))
                .toList();
    }

    private CausalLm(CausalLm whole, List<Integer> kept) {
        this.config = whole.config;
        this.ropes = whole.ropes;
        this.eps = whole.eps;
        this.embeddingScale = whole.embeddingScale;
        this.logitScale = whole.logitScale;
        this.layers = kept.stream().map(whole.layers::get).toList();
    }

    /** This model over the same weights with some layers alone, in the order given. */
    public CausalLm keeping(List<Integer> kept) {
        return new CausalLm(this, kept);
    }

    public ModelConfig config() {
        return config;
    }

    List<DecoderLayer> layers() {
        return layers;
    }

    /** A training pass over documents from their first positions on, which all layers share. */
    Pass pass(Scope scope, Documents documents) {
        return documents.divided()
                ? new Pass(scope, ropes, documents)
                : new Pass(scope, ropes, 0, documents.positions(), Attention.CAUSAL);
    }

    /** Name of the parameter that makes logits of hidden states: the embedding where the two are tied. */
    public String headName() {
        return config.tieWordEmbeddings() ? EMBEDDING : Anatomy.HEAD + ".weight";
    }

    /** Final hidden states [B, S, hidden], f32, of ids [B, S]. */
    public NDArray hidden(Scope scope, NDArray ids, Parameters w, Taps taps) {
        Documents whole = Documents.whole(
                (int) ids.getShape().get(0), (int) ids.getShape().get(1));
        return hidden(scope, ids, whole, w, taps);
    }

    /** Final hidden states [B, S, hidden], f32, of ids [B, S] whose documents do not see each other. */
    public NDArray hidden(Scope scope, NDArray ids, Documents documents, Parameters w, Taps taps) {
        return hidden(scope, ids, w, pass(scope, documents), taps);
    }

    /** Final hidden states of the next positions of a sequence, whose keys and values join the cache. */
    public NDArray hidden(Scope scope, NDArray ids, Parameters w, KeyValueCache cache) {
        int positions = (int) ids.getShape().get(1);
        NDArray h = hidden(scope, ids, w, new Pass(scope, ropes, cache.length(), positions, cache), Taps.NONE);
        cache.advance(positions);
        return h;
    }

    private NDArray hidden(Scope scope, NDArray ids, Parameters w, Pass pass, Taps taps) {
        NDArray x = run(scope, embed(scope, ids, w), w, 0, layers.size(), pass, taps);
        return finalNorm(scope, x, w, taps);
    }

    /** The residual stream before the first layer, [B, S, hidden] in f32, of ids [B, S]. */
    public NDArray embed(Scope scope, NDArray ids, Parameters w) {
        NDArray rows = scope.embed(ids, w.get(EMBEDDING));
        return embeddingScale == null ? rows : scope.scaled(rows, embeddingScale);
    }

    /**
     * The residual stream after layers [from, to), [B, S, hidden] in f32, of that before them.
     *
     * @param documents of the rows, which do not see each other
     */
    public NDArray run(Scope scope, NDArray stream, Documents documents, Parameters w, int from, int to, Taps taps) {
        return run(scope, stream, w, from, to, pass(scope, documents), taps);
    }

    private NDArray run(Scope scope, NDArray stream, Parameters w, int from, int to, Pass pass, Taps taps) {
        NDArray x = stream;
        for (DecoderLayer layer : layers.subList(from, to)) {
            // The graph holds the tensors that a backward pass needs; the rest of a layer's memory dies here.
            try (Scope inner = scope.child()) {
                x = inner.keep(layer.forward(inner, x, w, pass, taps));
            }
        }
        return x;
    }

    /** Final hidden states, [B, S, hidden] in f32, of the residual stream after the last layer; taps see them unscaled. */
    public NDArray finalNorm(Scope scope, NDArray stream, Parameters w, Taps taps) {
        NDArray normed = scope.rmsNorm(
                stream,
                w.get(Anatomy.FINAL_NORM + ".weight"),
                eps,
                config.anatomy().norms().offset());
        taps.see(Taps.Site.FINAL_NORM, layers.size(), normed);
        return logitScale == null ? normed : scope.scaled(normed, logitScale);
    }
}
