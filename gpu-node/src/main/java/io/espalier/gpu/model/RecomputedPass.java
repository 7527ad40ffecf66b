package io.espalier.gpu.model;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.torch.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A training pass that keeps the residual stream between the layers alone and runs each layer again for its gradient:
 * at any time the graph of one layer is in memory, not that of all. The operators, and the order in which gradients are
 * added up, are those of a pass that is recorded whole, so its numbers are the same bits.
 */
public final class RecomputedPass {
    private final CausalLm model;
    private final Scope scope;
    private final NDArray ids;
    private final Pass pass;
    /** The stream before each layer and after the last, cut off from what it was computed by. */
    private final List<NDArray> stream = new ArrayList<>();

    /**
     * @param scope recording; what the pass keeps belongs to it
     * @param ids [B, S]
     * @param documents that they are divided into
     */
    public RecomputedPass(CausalLm model, Scope scope, NDArray ids, Documents documents) {
        this.model = model;
        this.scope = scope;
        this.ids = ids;
        this.pass = model.pass(scope, documents);
    }

    /**
     * Final hidden states [B, S, hidden], recorded from the end of the last layer on.
     *
     * @param weights nothing that wants a gradient
     * @param leaves over the same memory
     * @param taps see the residual stream and the final states; gradients that go into what they see are taken up by
     *     {@link #backward}
     */
    public NDArray hidden(Parameters weights, Parameters leaves, Taps taps) {
        NDArray x = model.embed(scope, ids, weights);
        cut(x);
        for (DecoderLayer layer : model.layers()) {
            try (Scope inner = scope.child();
                    NDArray input = x) {
                x = inner.keep(layer.forward(inner, input, weights, pass, Taps.NONE));
            }
            cut(x);
        }
        x.close();
        int count = model.layers().size();
        for (int i = 0; i < count; i++) {
            taps.see(Taps.Site.LAYER_INPUT, i, stream.get(i));
            taps.see(Taps.Site.LAYER_OUTPUT, i, stream.get(i + 1));
        }
        return model.finalNorm(scope, stream.getLast(), leaves, taps);
    }

    private void cut(NDArray x) {
        stream.add(scope.leaf(x));
    }

    /**
     * Goes back from the gradient that a backward pass has left at the end of the last layer, down to the lowest
     * parameter that moves; may be called once.
     */
    public void backward(Parameters leaves, Predicate<String> moves) {
        NDArray gradient = scope.gradient(stream.getLast());
        int lowest = lowest(moves);
        for (int i = model.layers().size() - 1; i >= Math.max(0, lowest); i--) {
            try (Scope inner = scope.child();
                    NDArray above = gradient) {
                gradient = inner.keep(throughLayer(inner, i, leaves, above));
            }
            stream.get(i + 1).close();
        }
        if (lowest < 0) {
            scope.backward(model.embed(scope, ids, leaves), gradient);
        }
    }

    private NDArray throughLayer(Scope inner, int i, Parameters leaves, NDArray above) {
        NDArray x = inner.leaf(stream.get(i));
        NDArray y;
        // The tensors that the graph does not hold die before the backward pass needs memory of its own.
        try (Scope graph = inner.child()) {
            y = graph.keep(model.layers().get(i).forward(graph, x, leaves, pass, Taps.NONE));
        }
        NDArray tapped = scope.gradient(stream.get(i));
        if (tapped == null) {
            inner.backward(y, above);
        } else {
            // In one pass with the layer's own, so that it is added first, as it is where all is recorded.
            NDArray side = inner.call("anchor", x, inner.flatten(tapped), inner.zero());
            NDArray anchor = inner.call("anchor", y, inner.flatten(above), side);
            inner.backward(anchor, inner.manager().ones(anchor.getShape()));
        }
        return inner.gradient(x);
    }

    /** The lowest layer with a parameter that moves; -1 for the embedding. */
    private int lowest(Predicate<String> moves) {
        if (moves.test(CausalLm.EMBEDDING)) {
            return -1;
        }
        int count = model.layers().size();
        for (int i = 0; i < count; i++) {
            String prefix = model.layers().get(i).prefix();
            if (model.config().tensors().stream()
                    .map(TensorSpec::name)
                    .anyMatch(name -> name.startsWith(prefix) && moves.test(name))) {
                return i;
            }
        }
        return count;
    }
}
