package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.group.ParameterBlock;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parameters of one global batch as fresh autograd leaves over the weights' own memory, with the head's gradient
 * beside them: gradients accumulate over micro-batches and die with the leaves, so there is no zeroing pass and no
 * stale sum.
 *
 * <p>A micro-batch's gradient begins at zero, also the head's, and is added to the sum of those before it: that sum is the same
 * bits as one of gradients that are computed apart.
 */
final class Leaves implements Parameters, AutoCloseable {
    private final Torch torch;
    private final Parameters weights;
    private final NDManager manager;
    private final Map<String, NDArray> leaves = new LinkedHashMap<>();
    private final String headName;
    /** [V, C], of the micro-batch in progress, until it joins the sum; null where the head is frozen. */
    private NDArray headPart;
    /** [V, C], of the micro-batches before it; null before the first, and where the head is tied to a leaf of the trunk. */
    private NDArray headSum;

    /** @param moving the parameters that are trained; the others are constants */
    Leaves(Torch torch, Parameters weights, List<String> moving, String headName) {
        this.torch = torch;
        this.weights = weights;
        this.manager = torch.longLived();
        this.headName = headName;
        for (String name : moving) {
            leaves.put(name, torch.leaf(manager, weights.get(name)));
        }
    }

    @Override
    public NDArray get(String name) {
        NDArray leaf = leaves.get(name);
        return leaf == null ? weights.get(name) : leaf;
    }

    /** [V, C], f32, at zero for a new micro-batch; the chunked head adds to it. Null where the head is frozen. */
    NDArray beginHeadGradient() {
        if (leaves.containsKey(headName)) {
            headPart = torch.zeros(manager, weights.get(headName).getShape().getShape(), Dtype.F32);
        }
        return headPart;
    }

    /** The head's gradient is there: it joins the sum, unless it has to wait for that of the trunk's look-up. */
    void endHeadGradient() {
        if (headPart != null && !headName.equals(CausalLm.EMBEDDING)) {
            headSum = headSum == null ? headPart : joined(headSum);
            headPart = null;
        }
    }

    /** Ends a micro-batch: a tied embedding is used twice, by look-up in the trunk and as the head. */
    void endMicroBatch() {
        if (headPart != null) {
            joined(torch.gradient(leaves.get(headName)));
            headPart = null;
        }
    }

    private NDArray joined(NDArray sum) {
        try (Scope scope = torch.inference();
                NDArray added = headPart) {
            scope.run("accumulate", sum, added);
        }
        return sum;
    }

    /** Gradients of these blocks, in the memory of the sum; a parameter that nothing used has none and is refused. */
    NDList gradients(Scope scope, List<ParameterBlock> blocks) {
        Map<String, NDArray> whole = new LinkedHashMap<>();
        NDList gradients = new NDList();
        for (ParameterBlock block : blocks) {
            NDArray gradient = whole.computeIfAbsent(block.parameter(), this::gradient);
            gradients.add(torch.part(scope.manager(), gradient, block.start(), block.count()));
        }
        return gradients;
    }

    private NDArray gradient(String name) {
        NDArray trunk = torch.gradient(leaves.get(name));
        NDArray gradient = trunk == null && name.equals(headName) ? headSum : trunk;
        if (gradient == null) {
            throw new IllegalStateException("no gradient for " + name);
        }
        return gradient;
    }

    /** Bytes of the gradients that are there. */
    long gradientBytes() {
        long elements = headSum == null ? 0 : headSum.size();
        for (NDArray leaf : leaves.values()) {
            NDArray gradient = torch.gradient(leaf);
            elements += gradient == null ? 0 : gradient.size();
        }
        return elements * Float.BYTES;
    }

    @Override
    public void close() {
        manager.close();
    }
}
