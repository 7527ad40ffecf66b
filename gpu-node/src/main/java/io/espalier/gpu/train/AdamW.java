package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.group.ParameterBlock;
import io.espalier.gpu.model.Parameters;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, 2019), fused over all blocks of a group. Owns the two moments of
 * its blocks, f32.
 */
final class AdamW implements AutoCloseable {
    private final Torch torch;
    private final OptimizerSettings settings;
    private final NDManager manager;
    private final Parameters parameters;
    private final List<ParameterBlock> blocks;
    private final Group matrices;
    private final Group vectors;

    /** The blocks that share a weight decay, by their place in the list of all. */
    private record Group(
            List<Integer> members, NDList parameters, NDList means, NDList squares, NDList steps, double weightDecay) {
        Group(double weightDecay) {
            this(new ArrayList<>(), new NDList(), new NDList(), new NDList(), new NDList(), weightDecay);
        }
    }

    /** Takes a piece of a tensor of the state: its elements from {@code start} on, flattened. */
    @FunctionalInterface
    interface StateConsumer {
        /**
         * Takes one piece.
         *
         * @param shape of the whole tensor
         */
        void accept(String name, long[] shape, long start, NDArray part);
    }

    /**
     * Moves blocks.
     *
     * @param parameters f32 tensors, updated in place for as long as this optimiser lives
     * @param blocks the ones that it moves
     */
    AdamW(Torch torch, Parameters parameters, List<ParameterBlock> blocks, OptimizerSettings settings) {
        this.torch = torch;
        this.settings = settings;
        this.parameters = parameters;
        this.blocks = List.copyOf(blocks);
        this.manager = torch.longLived();
        this.matrices = new Group(settings.adam().weightDecay());
        this.vectors = new Group(settings.decayVectors() ? settings.adam().weightDecay() : 0);
        for (int i = 0; i < blocks.size(); i++) {
            ParameterBlock block = blocks.get(i);
            NDArray parameter = parameters.get(block.parameter());
            Group group = parameter.getShape().dimension() > 1 ? matrices : vectors;
            group.members.add(i);
            group.parameters.add(torch.part(manager, parameter, block.start(), block.count()));
            group.means.add(torch.zeros(manager, new long[] {block.count()}, Dtype.F32));
            group.squares.add(torch.zeros(manager, new long[] {block.count()}, Dtype.F32));
            group.steps.add(torch.zeros(manager, new long[0], Dtype.F32));
        }
        manager.cap();
    }

    /**
     * One step.
     *
     * @param gradients of the blocks, in their order; multiplied by {@code factor} in place first
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
                        settings.adam().beta1(),
                        settings.adam().beta2(),
                        group.weightDecay,
                        settings.adam().eps());
            }
        }
    }

    /**
     * Its state by name: {@code exp_avg.NAME}, {@code exp_avg_sq.NAME} and {@code step.NAME}, a number that all blocks of a
     * parameter share and that comes with the first of them.
     */
    void eachState(StateConsumer consumer) {
        for (Group group : List.of(matrices, vectors)) {
            for (int i = 0; i < group.members.size(); i++) {
                ParameterBlock block = blocks.get(group.members.get(i));
                consumer.accept("exp_avg." + block.parameter(), shape(block), block.start(), group.means.get(i));
                consumer.accept("exp_avg_sq." + block.parameter(), shape(block), block.start(), group.squares.get(i));
                if (block.start() == 0) {
                    consumer.accept("step." + block.parameter(), new long[0], 0, group.steps.get(i));
                }
            }
        }
    }

    /** Takes the state of a checkpoint; refuses a moment of another shape than its parameter's. */
    void restore(Function<String, TensorData> state) {
        for (Group group : List.of(matrices, vectors)) {
            for (int i = 0; i < group.members.size(); i++) {
                ParameterBlock block = blocks.get(group.members.get(i));
                overwrite(group.means.get(i), state.apply("exp_avg." + block.parameter()), block);
                overwrite(group.squares.get(i), state.apply("exp_avg_sq." + block.parameter()), block);
                torch.overwrite(group.steps.get(i), state.apply("step." + block.parameter()));
            }
        }
    }

    private void overwrite(NDArray moment, TensorData whole, ParameterBlock block) {
        long[] shape = shape(block);
        if (!Arrays.equals(shape, whole.shape())) {
            throw Refused.invalid(
                    "a checkpoint", whole.name(), Arrays.toString(whole.shape()), "must be " + Arrays.toString(shape));
        }
        torch.overwrite(moment, whole.part(block.start(), block.count()));
    }

    /** The shape of a block's parameter, and of its moments. */
    private long[] shape(ParameterBlock block) {
        return parameters.get(block.parameter()).getShape().getShape();
    }

    @Override
    public void close() {
        manager.close();
    }
}
