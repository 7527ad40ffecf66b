package io.espalier.gpu.torch;

import static io.espalier.gpu.Refused.setting;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * The hold of one thread on one device: the root of all native memory of a rank. Opened, used and closed by the same
 * thread, because libtorch keeps its thread count and gradient mode per thread.
 */
public final class Torch implements AutoCloseable {
    private static final String ENGINE = "PyTorch";
    /** The number of holds open in this process, by which a leak shows. */
    private static final AtomicInteger OPEN = new AtomicInteger();

    private final PtNDManager root;
    private final Kernels kernels;
    private final Dtype compute;
    private final NDArray like;
    private final NDManager host;
    /** An f32 number on the host, to stand for the host where a kernel asks where. */
    private final NDArray scalar;

    private final Map<Double, NDArray> scalars = new HashMap<>();

    private final AtomicBoolean open = new AtomicBoolean(true);

    private Torch(PtNDManager root, Dtype compute) {
        this.root = root;
        this.compute = compute;
        this.host = NDManager.newBaseManager(Device.cpu(), ENGINE);
        this.scalar = host.create(0f);
        this.kernels = Kernels.load(root);
        try (NDArray onDevice = root.zeros(new Shape(1))) {
            this.like = kernels.run(root, "empty", onDevice, new long[] {0}, compute)
                    .head();
        }
        OPEN.incrementAndGet();
    }

    /**
     * The number of holds that are open in this process. All native memory belongs to one of them, and goes with it.
     */
    public static int openCount() {
        return OPEN.get();
    }

    /**
     * Starts the engine if need be and binds the calling thread to it.
     *
     * @param device {@code cpu} or {@code cuda:N}
     * @param compute the type of matrix products; norms, softmax and losses are in f32 whatever it is
     * @param threads threads of one operator on a CPU; 0 keeps libtorch's own choice
     */
    public static Torch open(String device, Dtype compute, int threads) {
        Device where = parse(device);
        NativeLibrary.start();
        if (threads > 0) {
            JniUtils.setNumThreads(threads);
        }
        JniUtils.setGradMode(false);
        JniUtils.setGraphExecutorOptimize(false);
        if (where.isGpu()) {
            requireCuda(device, where.getDeviceId());
        }
        return new Torch((PtNDManager) NDManager.newBaseManager(where, ENGINE), compute);
    }

    private static void requireCuda(String device, int index) {
        switch (CudaRuntime.loaded().devices()) {
            case CudaDevices.Present present when index < present.cards().size() -> {}
            case CudaDevices.Present present ->
                throw Refused.notFound(
                        setting("device") + " " + device,
                        "the last of the CUDA devices here is cuda:" + (present.count() - 1));
            case CudaDevices.Absent absent ->
                throw Refused.notFound(
                        setting("device") + " " + device, "no CUDA device: " + absent.why() + ": " + absent.remedy());
        }
    }

    private static Device parse(String device) {
        if (device.equals("cpu")) {
            return Device.cpu();
        }
        if (device.matches("cuda(:\\d{1,3})?")) {
            int colon = device.indexOf(':');
            return Device.gpu(colon < 0 ? 0 : Integer.parseInt(device.substring(colon + 1)));
        }
        throw Refused.usage("device", device, "must be cpu or cuda:N");
    }

    /** A scope whose operators record what a backward pass needs. One at a time. */
    public Scope recording() {
        JniUtils.setGradMode(true);
        return new Scope(this, (PtNDManager) root.newSubManager(), null, true);
    }

    /** A scope whose operators record nothing. */
    public Scope inference() {
        return new Scope(this, (PtNDManager) root.newSubManager(), null, false);
    }

    /** A manager for what outlives scopes, weights above all; the caller closes it. */
    public NDManager longLived() {
        return root.newSubManager();
    }

    /** A number that a recorded kernel takes: such a call takes tensors only. It stays on the host, so no one waits. */
    public NDArray scalar(double value) {
        return scalars.computeIfAbsent(value, host::create);
    }

    /** Numbers on the host, int64 [N, M]; the caller's. */
    NDArray host(long[][] rows) {
        long[] flat = Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
        return host.create(flat, new Shape(rows.length, flat.length / rows.length));
    }

    /** Whether it computes on a device with memory of its own. */
    boolean onDevice() {
        return root.getDevice().isGpu();
    }

    /** An array without elements, [0, width], which tells a recorded kernel how wide something is. */
    public NDArray width(int width) {
        return host.zeros(new Shape(0, width));
    }

    /** Memory that nobody has written yet. */
    public NDArray empty(NDManager manager, long[] shape, Dtype type) {
        return kernels.run(manager, "empty", like, shape, type).head();
    }

    public NDArray zeros(NDManager manager, long[] shape, Dtype type) {
        return kernels.run(manager, "zeros", like, shape, type).head();
    }

    /** Normally distributed numbers about zero, from libtorch's own generator. */
    public NDArray normal(NDManager manager, long[] shape, Dtype type, double deviation) {
        return kernels.run(manager, "normal", like, shape, type, deviation).head();
    }

    /** A stored tensor as a frozen tensor of the device, converted to {@code type}. */
    public NDArray load(NDManager manager, TensorData data, Dtype type) {
        return load(manager, data.type(), data.shape(), List.of(data.bytes()), type);
    }

    /** Loads a tensor whose bytes lie in pieces, in order. */
    public NDArray load(NDManager manager, TensorType stored, long[] shape, List<MemorySegment> bytes, Dtype type) {
        try (NDManager temporary = root.newSubManager()) {
            NDArray raw = onHost(temporary, stored, shape, bytes);
            NDArray there = kernels.run(temporary, "to_device", raw, like, type).head();
            there.attach(manager);
            return there;
        }
    }

    /** A stored tensor as an f32 tensor of the device that can be trained. */
    public NDArray loadTrainable(NDManager manager, TensorData data) {
        // Made by DJL, not by a kernel: what a kernel makes outside a recording can never be a leaf of a graph.
        NDArray there = manager.zeros(new Shape(data.shape()));
        overwrite(there, data);
        return there;
    }

    /** Gives a tensor the stored one's values. */
    public void overwrite(NDArray tensor, TensorData data) {
        try (NDManager temporary = root.newSubManager()) {
            NDArray raw = onHost(temporary, data.type(), data.shape(), List.of(data.bytes()));
            kernels.run(temporary, "copy", tensor, raw).head().close();
        }
    }

    private NDArray onHost(NDManager temporary, TensorType stored, long[] shape, List<MemorySegment> bytes) {
        NDArray raw =
                kernels.run(temporary, "empty", scalar, shape, stored.dtype()).head();
        TensorMemory.fill(raw, stored.dtype(), bytes);
        return raw;
    }

    /**
     * A leaf of the next recording: shares the memory of {@code parameter}, has a gradient of its own after a backward
     * pass.
     */
    public NDArray leaf(NDManager manager, NDArray parameter) {
        try (NDArray owner = manager.create(0f)) {
            NDArray leaf = kernels.call((PtNDManager) manager, true, "leaf", owner, parameter);
            JniUtils.attachGradient((PtNDArray) leaf, true);
            return leaf;
        }
    }

    /** The gradient that backward passes have added up for a leaf, or null; owned by the leaf's manager. */
    public NDArray gradient(NDArray leaf) {
        return JniUtils.getGradient((PtNDArray) leaf);
    }

    /** Elements of a contiguous tensor from {@code start} on, flattened, in its own memory. */
    public NDArray part(NDManager manager, NDArray tensor, long start, long count) {
        return kernels.run(manager, "pieces", tensor, start, count).head();
    }

    /** The bytes of a tensor converted to {@code type}, valid only during the call. */
    public void store(NDArray tensor, Dtype type, Consumer<MemorySegment> bytes) {
        try (NDManager temporary = root.newSubManager()) {
            bytes.accept(hostBytes(temporary, tensor, type));
        }
    }

    /**
     * The bytes of a tensor on the host: where it lies there in {@code type}, its own memory, valid for as long as the
     * tensor; else that of a copy that joins {@code manager}.
     */
    public MemorySegment hostBytes(NDManager manager, NDArray tensor, Dtype type) {
        NDArray here = kernels.run(manager, "to_device", tensor, scalar, type).head();
        return TensorMemory.of(here, type);
    }

    /**
     * The facts that decide the bits of a result besides its inputs, in words: the kind of device, the library and our
     * kernels. The number of threads may, too, and is the caller's to keep.
     */
    public String arithmetic() {
        return (onDevice() ? "cuda" : "cpu") + ", libtorch "
                + Engine.getEngine(ENGINE).getVersion() + ", kernels " + Kernels.digest();
    }

    public Kernels kernels() {
        return kernels;
    }

    public Dtype compute() {
        return compute;
    }

    NDArray like() {
        return like;
    }

    PtNDManager root() {
        return root;
    }

    /** Frees all memory of this hold; idempotent. */
    @Override
    public void close() {
        if (open.compareAndSet(true, false)) {
            kernels.close();
            root.close();
            host.close();
            OPEN.decrementAndGet();
        }
    }
}
