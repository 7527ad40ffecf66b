package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The parameters of one global batch as fresh autograd leaves over the weights' own memory, with the head's gradient
 * beside them: gradients accumulate over micro-batches and die with the leaves, so there is no zeroing pass and no
 * stale sum.
 */
final class Leaves implements Parameters, AutoCloseable {
    private final Torch torch;
    private final Parameters weights;
    private final NDManager manager;
    private final Map<String, NDArray> leaves = new LinkedHashMap<>();
    private final String headName;
    private final NDArray headGradient;

    /** @param moving the parameters that are trained; the others are constants */
    Leaves(Torch torch, Parameters weights, List<String> moving, String headName) {
        this.torch = torch;
        this.weights = weights;
        this.manager = torch.longLived();
        this.headName = headName;
        for (String name : moving) {
            leaves.put(name, torch.leaf(manager, weights.get(name)));
        }
        long[] shape = weights.get(headName).getShape().getShape();
        this.headGradient = leaves.containsKey(headName) ? torch.zeros(manager, shape, Dtype.F32) : null;
    }

    @Override
    public NDArray get(String name) {
        NDArray leaf = leaves.get(name);
        return leaf == null ? weights.get(name) : leaf;
    }

    /** [V, C], f32; the chunked head adds to it. Null where the head is frozen. */
    NDArray headGradient() {
        return headGradient;
    }

    /** Gradients in the order of the moving parameters; a parameter that nothing used has none and is refused. */
    NDList gradients() {
        NDList gradients = new NDList();
        for (Map.Entry<String, NDArray> leaf : leaves.entrySet()) {
            boolean head = leaf.getKey().equals(headName);
            NDArray trunk = torch.gradient(leaf.getValue());
            if (head && trunk == null) {
                gradients.add(headGradient);
            } else if (trunk == null) {
                throw new IllegalStateException("no gradient for " + leaf.getKey());
            } else {
                // A tied embedding is used twice: by look-up in the trunk and as the head.
                gradients.add(
                        head
                                ? torch.kernels()
                                        .run(manager, "accumulate", trunk, headGradient)
                                        .head()
                                : trunk);
            }
        }
        return gradients;
    }

    /** Of the gradients that are there. */
    long gradientBytes() {
        long elements = headGradient == null ? 0 : headGradient.size();
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
