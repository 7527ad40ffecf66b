package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, 2019), fused over all tensors of a group. Owns the two
 * moments, f32, in the order of the parameters.
 */
final class AdamW implements AutoCloseable {
    private final OptimizerSettings settings;
    private final NDManager manager;
    private final Group matrices;
    private final Group vectors;

    /** The tensors that share a weight decay. */
    private record Group(
            List<Integer> members, NDList parameters, NDList means, NDList squares, NDList steps, double weightDecay) {}

    /** @param parameters f32 tensors, updated in place for as long as this optimiser lives */
    AdamW(Torch torch, List<NDArray> parameters, OptimizerSettings settings) {
        this.settings = settings;
        this.manager = torch.longLived();
        this.matrices = group(torch, parameters, true, settings.weightDecay());
        this.vectors = group(torch, parameters, false, settings.decayVectors() ? settings.weightDecay() : 0);
        manager.cap();
    }

    private Group group(Torch torch, List<NDArray> parameters, boolean matrix, double weightDecay) {
        Group group = new Group(
                new java.util.ArrayList<>(), new NDList(), new NDList(), new NDList(), new NDList(), weightDecay);
        for (int i = 0; i < parameters.size(); i++) {
            NDArray parameter = parameters.get(i);
            if (parameter.getShape().dimension() > 1 == matrix) {
                long[] shape = parameter.getShape().getShape();
                group.members.add(i);
                group.parameters.add(parameter);
                group.means.add(torch.zeros(manager, shape, Dtype.F32));
                group.squares.add(torch.zeros(manager, shape, Dtype.F32));
                group.steps.add(torch.zeros(manager, new long[0], Dtype.F32));
            }
        }
        return group;
    }

    /** Global L2 norm of gradients. */
    static double norm(Scope scope, NDList gradients) {
        return scope.run("global_norm", gradients).head().getFloat();
    }

    /**
     * One step.
     *
     * @param gradients in the order of the parameters; multiplied by {@code factor} in place first
     */
    void step(Scope scope, NDList gradients, double factor, double learningRate) {
        scope.run("scale", gradients, factor);
        for (Group group : List.of(matrices, vectors)) {
            NDList mine = new NDList();
            group.members.forEach(i -> mine.add(gradients.get(i)));
            if (!mine.isEmpty()) {
                scope.run(
                        "adamw",
                        group.parameters,
                        mine,
                        group.means,
                        group.squares,
                        group.steps,
                        learningRate,
                        settings.beta1(),
                        settings.beta2(),
                        group.weightDecay,
                        settings.eps());
            }
        }
    }

    /**
     * Names and tensors of its state: {@code exp_avg.NAME}, {@code exp_avg_sq.NAME} and {@code step.NAME}.
     *
     * @param names of the parameters, in their order
     */
    void eachState(List<String> names, BiConsumer<String, NDArray> consumer) {
        for (Group group : List.of(matrices, vectors)) {
            for (int i = 0; i < group.members.size(); i++) {
                String name = names.get(group.members.get(i));
                consumer.accept("exp_avg." + name, group.means.get(i));
                consumer.accept("exp_avg_sq." + name, group.squares.get(i));
                consumer.accept("step." + name, group.steps.get(i));
            }
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
