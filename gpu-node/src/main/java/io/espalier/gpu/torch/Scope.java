package io.espalier.gpu.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.espalier.gpu.DeviceFailure;

/**
 * A computation and the memory it needs: every result of an operator belongs to the scope and dies with it, unless
 * {@link #keep} hands it to the scope around. Shapes: B rows, S positions, H query heads, G key-value heads, D head_dim.
 */
public final class Scope implements AutoCloseable {
    private final Torch torch;
    private final PtNDManager manager;
    private final Scope parent;
    private final boolean recording;

    Scope(Torch torch, PtNDManager manager, Scope parent, boolean recording) {
        this.torch = torch;
        this.manager = manager;
        this.parent = parent;
        this.recording = recording;
    }

    /** A scope inside this one, recording as this one does. */
    public Scope child() {
        return new Scope(torch, (PtNDManager) manager.newSubManager(), this, recording);
    }

    /** Hands a result to the scope around this one. */
    public NDArray keep(NDArray result) {
        result.attach(parent.manager);
        return result;
    }

    /** Takes over a result of a scope inside this one. */
    public NDArray adopt(NDArray result) {
        result.attach(manager);
        return result;
    }

    public NDManager manager() {
        return manager;
    }

    public boolean recording() {
        return recording;
    }

    public Dtype compute() {
        return torch.compute();
    }

    /** Token ids [rows, columns] as int64 on the device. */
    public NDArray ids(long[] ids, int rows) {
        return manager.create(ids, new Shape(rows, ids.length / rows));
    }

    /** Numbers that a kernel reads to know what to do, on the host whatever the device; int64. */
    public NDArray onHost(long[]... rows) {
        NDArray numbers = torch.host(rows);
        numbers.attach(manager);
        return numbers;
    }

    /** Whether it computes on a device with memory of its own. */
    public boolean onDevice() {
        return torch.onDevice();
    }

    public NDArray floats(float[] values, long... shape) {
        return manager.create(values, new Shape(shape));
    }

    /** Memory that nobody has written yet, f32. */
    public NDArray empty(long... shape) {
        return torch.empty(manager, shape, Dtype.F32);
    }

    /** Makes sums, f64, at zero. */
    public NDArray sums(long... shape) {
        return torch.zeros(manager, shape, Dtype.F64);
    }

    /** Flattens [B, S, C] to [B·S, C]. */
    public NDArray flatten(NDArray x) {
        return run("flatten", x).head();
    }

    /** Rows of {@code weight} [V, C] for ids [B, S], in f32: the residual stream starts, and stays, in f32. */
    public NDArray embed(NDArray ids, NDArray weight) {
        return call("embed", ids, weight);
    }

    /** x / sqrt(mean(x²) + eps) · weight over the last dimension, in f32. */
    public NDArray rmsNorm(NDArray x, NDArray weight, NDArray eps) {
        return call("rms_norm", x, weight, eps);
    }

    /**
     * x / sqrt(mean(x²) + eps) · ({@code offset} + weight) over the last dimension, in f32; {@code offset} is 0 or 1.
     */
    public NDArray rmsNorm(NDArray x, NDArray weight, NDArray eps, double offset) {
        return call(offset == 0 ? "rms_norm" : "rms_norm_one", x, weight, eps);
    }

    /** x times a number that {@link Torch#scalar} holds. */
    public NDArray scaled(NDArray x, NDArray factor) {
        return call("weighted", x, factor);
    }

    /** x times y, which is spread over x. */
    public NDArray times(NDArray x, NDArray y) {
        return call("times", x, y);
    }

    /** {@code count} channels of x from {@code start} on; both are numbers that {@link Torch#scalar} holds. */
    public NDArray channels(NDArray x, NDArray start, NDArray count) {
        return call("some_channels", x, start, count);
    }

    /** x Wᵀ in the compute type. */
    public NDArray linear(NDArray x, NDArray weight) {
        return call("linear", x, weight, torch.like());
    }

    /** x Wᵀ + b in the compute type; {@code bias} may be null. */
    public NDArray linear(NDArray x, NDArray weight, NDArray bias) {
        return bias == null ? linear(x, weight) : call("linear_bias", x, weight, bias, torch.like());
    }

    public NDArray add(NDArray x, NDArray y) {
        return call("add", x, y);
    }

    /** [B, S, H·D] to [B, S, H, D], with D that of {@link Torch#width}. */
    public NDArray splitHeads(NDArray x, NDArray width) {
        return call("heads", x, width);
    }

    /** [B, S, H, D] to [B, H, S, D]. */
    public NDArray headsFirst(NDArray x) {
        return call("heads_first", x);
    }

    /**
     * Rotary position embedding, half-split form, of [B, S, H, D] with tables [S, dims], sin signed: [B, H, S, D].
     *
     * @param whole whether dims is D; else the channels behind them stay as they are
     */
    public NDArray rotate(NDArray x, NDArray cos, NDArray sin, boolean whole) {
        return call(whole ? "rope" : "rope_first", x, cos, sin);
    }

    /**
     * Causal grouped-query attention of q [B, H, S, D] over k, v [B, G, S, D]: [B, S, H·D].
     *
     * @param reach positions that a query looks back to, itself among them
     */
    public NDArray attend(NDArray q, NDArray k, NDArray v, int reach) {
        return reach < q.getShape().get(2)
                ? call("attend_window", q, k, v, torch.scalar(reach))
                : call("attend", q, k, v);
    }

    /**
     * Attention within each document of a row, all rows at once.
     *
     * @param firsts the position at which each one's document begins, int64 [B, S]
     */
    public NDArray attendDivided(NDArray q, NDArray k, NDArray v, NDArray firsts, int reach) {
        return call("attend_divided", q, k, v, firsts, torch.scalar(reach));
    }

    /** Attention within each document, stretch by stretch; the kernel says what a row of {@code stretches} holds. */
    public NDArray attendStretches(NDArray q, NDArray k, NDArray v, NDArray firsts, int reach, NDArray stretches) {
        return call("attend_stretches", q, k, v, firsts, torch.scalar(reach), stretches);
    }

    /** silu(gate) · up; where nothing is recorded, in the memory of {@code gate}. */
    public NDArray siluMul(NDArray gate, NDArray up) {
        return call(recording ? "silu_mul" : "silu_mul_", gate, up);
    }

    /** GELU by its approximation with tanh of the gate, times up. */
    public NDArray geluMul(NDArray gate, NDArray up) {
        return call("gelu_mul", gate, up);
    }

    /** x in the compute type, for several products. */
    public NDArray operand(NDArray x) {
        return call("operand", x, torch.like());
    }

    /** The empty tensor of the compute type, which kernels take to know it. */
    public NDArray like() {
        return torch.like();
    }

    /** Calls a kernel that records nothing; see {@link Kernels#run}. */
    public NDList run(String kernel, Object... arguments) {
        return torch.kernels().run(manager, kernel, arguments);
    }

    /** Shares the memory of {@code x} and begins a graph of its own: has a gradient after a backward pass. */
    public NDArray leaf(NDArray x) {
        return torch.leaf(manager, x);
    }

    /** The gradient that backward passes have added up for a leaf, or null; owned by the leaf's manager. */
    public NDArray gradient(NDArray leaf) {
        return torch.gradient(leaf);
    }

    /** A scalar of zero, to be added to. */
    public NDArray zero() {
        return manager.zeros(new Shape());
    }

    /** Back-propagates {@code gradient} (same shape) from {@code output} into the leaves it was computed from. */
    public void backward(NDArray output, NDArray gradient) {
        try {
            JniUtils.backward((PtNDArray) output, (PtNDArray) gradient, false, false);
        } catch (EngineException e) {
            throw new DeviceFailure("backward pass", e);
        }
    }

    /** Calls a kernel of tensors alone, recorded where this scope records. */
    public NDArray call(String kernel, NDArray... arguments) {
        return torch.kernels().call(manager, recording, kernel, arguments);
    }

    @Override
    public void close() {
        if (parent == null && recording) {
            JniUtils.setGradMode(false);
        }
        manager.close();
    }
}
