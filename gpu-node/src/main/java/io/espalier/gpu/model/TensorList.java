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

    /** Sets the layer of the parameters that are added next; -1 for none. */
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
        return add(-1, local, axes, start, site, gguf);
    }

    /** A matrix of one of the layer's experts; in a GGUF file theirs are stacked. */
    TensorList expert(int number, String local, List<Axis> axes, String gguf) {
        return add(number, local, axes, Start.NORMAL, null, gguf);
    }

    private TensorList add(int expert, String local, List<Axis> axes, Start start, Site site, String gguf) {
        String name = TensorSpec.nameOf(layer, expert, local);
        String file = layer < 0 ? gguf : "blk." + layer + "." + gguf;
        specs.add(new TensorSpec(name, layer, expert, local, axes, start, site, file));
        return this;
    }

    List<TensorSpec> specs() {
        return specs;
    }
}
