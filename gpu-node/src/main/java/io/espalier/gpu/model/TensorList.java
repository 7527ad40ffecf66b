package io.espalier.gpu.model;

import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.model.TensorSpec.Start;
import java.util.ArrayList;
import java.util.List;

/** Collects the parameters of a model, layer by layer. */
final class TensorList {
    private static final String WEIGHT = ".weight";
    private static final String BIAS = ".bias";

    private final List<TensorSpec> specs = new ArrayList<>();
    private int layer = -1;

    /** What follows belongs to this layer. */
    TensorList layer(int number) {
        layer = number;
        return this;
    }

    /** A matrix [out, in]; {@code site} is where its input is seen. */
    TensorList matrix(String module, Axis out, Axis in, Site site, String gguf) {
        return add(module + WEIGHT, List.of(out, in), Start.NORMAL, site, gguf + WEIGHT);
    }

    TensorList bias(String module, Axis out, String gguf) {
        return add(module + BIAS, List.of(out), Start.ZEROS, null, gguf + BIAS);
    }

    /** The gain of a norm that multiplies by {@code offset} + gain; {@code site} is where its output is seen. */
    TensorList gain(String module, Axis channels, double offset, Site site, String gguf) {
        return add(module + WEIGHT, List.of(channels), offset == 0 ? Start.ONES : Start.ZEROS, site, gguf + WEIGHT);
    }

    TensorList add(String local, List<Axis> axes, Start start, Site site, String gguf) {
        String name = layer < 0 ? local : Anatomy.layerPrefix(layer) + local;
        String file = layer < 0 ? gguf : "blk." + layer + "." + gguf;
        specs.add(new TensorSpec(name, layer, local, axes, start, site, file));
        return this;
    }

    List<TensorSpec> specs() {
        return specs;
    }
}
