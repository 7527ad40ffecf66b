package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A decoder language model as arithmetic over {@link Parameters}: it owns no tensor. Final hidden states are the output
 * of the last norm; the head is applied by whoever needs logits, chunk by chunk.
 */
public final class CausalLm {
    static final String EMBEDDING = "model.embed_tokens.weight";
    private static final String FINAL_NORM = "model.norm.weight";

    private final ModelConfig config;
    private final List<DecoderLayer> layers;
    private final RotaryEmbedding rotary;
    private final NDArray eps;

    public CausalLm(Torch torch, ModelConfig config) {
        this.config = config;
        this.rotary = new RotaryEmbedding(config);
        this.eps = torch.scalar(config.rmsNormEps());
        this.layers = IntStream.range(0, config.numHiddenLayers())
                .mapToObj(i -> new DecoderLayer(config, i))
                .toList();
    }

    private CausalLm(CausalLm whole, List<Integer> kept) {
        this.config = whole.config;
        this.rotary = whole.rotary;
        this.eps = whole.eps;
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

    RotaryEmbedding rotary() {
        return rotary;
    }

    NDArray eps() {
        return eps;
    }

    /** Name of the parameter that makes logits of hidden states: the embedding where the two are tied. */
    public String headName() {
        return config.tieWordEmbeddings() ? EMBEDDING : "lm_head.weight";
    }

    /** Final hidden states [B, S, hidden], f32, of ids [B, S]. */
    public NDArray hidden(Scope scope, NDArray ids, Parameters w, Taps taps) {
        return hidden(scope, ids, w, 0, Attention.CAUSAL, taps);
    }

    /** Final hidden states of the next positions of a sequence, whose keys and values join the cache. */
    public NDArray hidden(Scope scope, NDArray ids, Parameters w, KeyValueCache cache) {
        NDArray h = hidden(scope, ids, w, cache.length(), cache, Taps.NONE);
        cache.advance((int) ids.getShape().get(1));
        return h;
    }

    private NDArray hidden(Scope scope, NDArray ids, Parameters w, int first, Attention attention, Taps taps) {
        NDArray x = run(scope, embed(scope, ids, w), w, 0, layers.size(), first, attention, taps);
        return finalNorm(scope, x, w, taps);
    }

    /** The residual stream before the first layer, [B, S, hidden] in f32, of ids [B, S]. */
    public NDArray embed(Scope scope, NDArray ids, Parameters w) {
        return scope.embed(ids, w.get(EMBEDDING));
    }

    /** The residual stream after layers [from, to), [B, S, hidden] in f32, of that before them. */
    public NDArray run(Scope scope, NDArray stream, Parameters w, int from, int to, Taps taps) {
        return run(scope, stream, w, from, to, 0, Attention.CAUSAL, taps);
    }

    private NDArray run(
            Scope scope, NDArray stream, Parameters w, int from, int to, int first, Attention attention, Taps taps) {
        int positions = (int) stream.getShape().get(1);
        RotaryEmbedding.Tables tables = rotary.tables(scope, first, positions);
        NDArray x = stream;
        for (DecoderLayer layer : layers.subList(from, to)) {
            // What a backward pass needs is held by the graph; the rest of a layer's memory dies here.
            try (Scope inner = scope.child()) {
                x = inner.keep(layer.forward(inner, x, w, tables, eps, attention, taps));
            }
        }
        return x;
    }

    /** Final hidden states, [B, S, hidden] in f32, of the residual stream after the last layer. */
    public NDArray finalNorm(Scope scope, NDArray stream, Parameters w, Taps taps) {
        NDArray normed = scope.rmsNorm(stream, w.get(FINAL_NORM), eps);
        taps.see(Taps.Site.FINAL_NORM, layers.size(), normed);
        return normed;
    }
}
