package io.espalier.gpu.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.model.Anatomy.Layer;
import io.espalier.gpu.model.AttentionBlock.QueryKeyNorm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A family of decoders with attention and a gated MLP in each layer. The rules here are Llama's; a family overrides
 * those that set it apart.
 */
abstract class DenseFamily implements Family {
    private final String modelType;
    private final Gguf gguf;

    DenseFamily(String modelType, Gguf gguf) {
        this.modelType = modelType;
        this.gguf = gguf;
    }

    @Override
    public final String modelType() {
        return modelType;
    }

    @Override
    public final Gguf gguf() {
        return gguf;
    }

    @Override
    public Anatomy read(ConfigFields c) {
        int layers = c.layers();
        List<String> kinds = kinds(c, layers);
        List<Layer> described = IntStream.range(0, layers)
                .mapToObj(i -> new Layer(mixer(c, i, kinds.get(i)), mlp(c, i)))
                .toList();
        double eps = c.number("rms_norm_eps", defaultEps());
        c.require(eps > 0, "rms_norm_eps", eps, "must be above 0");
        return new Anatomy(
                c.positive("vocab_size"),
                c.positive("hidden_size"),
                eps,
                tied(c),
                embeddingScale(c),
                residualScale(c),
                logitScale(c),
                norms(),
                described);
    }

    @Override
    public int headDim(ConfigFields c) {
        return c.headDim(c.positive("hidden_size"), c.positive("num_attention_heads"), defaultHeadDim());
    }

    /** The kind of each layer, full_attention or sliding_attention. */
    List<String> kinds(ConfigFields c, int layers) {
        List<String> types = c.layerTypes(layers, List.of(ConfigFields.FULL, ConfigFields.SLIDING));
        return types != null
                ? types
                : IntStream.range(0, layers).mapToObj(i -> kind(c, i)).toList();
    }

    /** The kind of a layer where layer_types does not say. */
    String kind(ConfigFields c, int layer) {
        return window(c) == null ? ConfigFields.FULL : ConfigFields.SLIDING;
    }

    Block mixer(ConfigFields c, int layer, String kind) {
        int hidden = c.positive("hidden_size");
        int heads = c.positive("num_attention_heads");
        int groups = c.groups(heads);
        int headDim = headDim(c);
        return new AttentionBlock(
                hidden,
                heads,
                groups,
                headDim,
                biased(c),
                outputBiased(c),
                queryKeyNorm(),
                norms().offset(),
                gated(),
                fused(),
                rotates(c, layer) ? rope(c, kind, headDim) : null,
                kind.equals(ConfigFields.SLIDING) ? window(c) : null,
                scale(c, headDim),
                queryScale(c));
    }

    Block mlp(ConfigFields c, int layer) {
        MlpBlock.Activation expected = activation();
        String field = activationField();
        c.require(
                expected.spelling().equals(c.text(field, expected.spelling())),
                field,
                c.json().get(field),
                "must be " + expected.spelling());
        c.require(!c.flag("mlp_bias", false), "mlp_bias", true, "must be false: MLP biases are not supported");
        return new MlpBlock(c.positive("hidden_size"), c.positive("intermediate_size"), expected, fused());
    }

    Rope rope(ConfigFields c, String kind, int headDim) {
        ObjectNode rope = c.ropeParameters(kind);
        double share = c.partialRotaryFactor(rope, 1);
        c.require(share == 1, "partial_rotary_factor", share, "must be 1: all of a head is rotated");
        return new Rope(c.ropeTheta(rope, defaultTheta()), headDim, c.ropeScaling(rope));
    }

    /**
     * A rotary embedding that turns the first channels of a head.
     *
     * @param absent the share of a head that turns where config.json names none
     */
    final Rope partialRope(ConfigFields c, String kind, int headDim, double absent) {
        ObjectNode rope = c.ropeParameters(kind);
        double share = c.partialRotaryFactor(rope, absent);
        int dims = (int) (headDim * share);
        c.require(
                dims > 0 && dims <= headDim && dims % 2 == 0,
                "partial_rotary_factor",
                share,
                "must be an even number of a head's " + headDim + " channels");
        return new Rope(c.ropeTheta(rope, defaultTheta()), dims, c.ropeScaling(rope));
    }

    /** Base of the rotary frequencies where config.json names none. */
    double defaultTheta() {
        return 10_000;
    }

    double defaultEps() {
        return 1e-6;
    }

    /** Head width where config.json names none; null for an equal share of the hidden channels. */
    Integer defaultHeadDim() {
        return null;
    }

    boolean biased(ConfigFields c) {
        return c.flag("attention_bias", false);
    }

    boolean outputBiased(ConfigFields c) {
        return biased(c);
    }

    QueryKeyNorm queryKeyNorm() {
        return QueryKeyNorm.NONE;
    }

    /** Whether attention's output is gated. */
    boolean gated() {
        return false;
    }

    /** Whether q, k and v are stored as one matrix, and gate and up as another. */
    boolean fused() {
        return false;
    }

    boolean rotates(ConfigFields c, int layer) {
        return true;
    }

    /** Reach of sliding_attention, positions; null where there is none. */
    Integer window(ConfigFields c) {
        return null;
    }

    double scale(ConfigFields c, int headDim) {
        return 1 / Math.sqrt(headDim);
    }

    AttentionBlock.QueryScale queryScale(ConfigFields c) {
        return null;
    }

    MlpBlock.Activation activation() {
        return MlpBlock.Activation.SILU;
    }

    String activationField() {
        return "hidden_act";
    }

    Norms norms() {
        return Norms.before(0);
    }

    boolean tied(ConfigFields c) {
        return c.flag("tie_word_embeddings", false);
    }

    double embeddingScale(ConfigFields c) {
        return 1;
    }

    double residualScale(ConfigFields c) {
        return 1;
    }

    double logitScale(ConfigFields c) {
        return 1;
    }

    @Override
    public Map<String, List<JsonNode>> perLayer(ConfigFields c) {
        Map<String, List<JsonNode>> fields = new HashMap<>();
        List<String> kinds = kinds(c, c.layers());
        if (c.named("layer_types") || kinds.stream().distinct().count() > 1) {
            List<JsonNode> types = new ArrayList<>();
            kinds.forEach(kind -> types.add(c.json().textNode(kind)));
            fields.put("layer_types", types);
        }
        return fields;
    }
}
