package io.espalier.gpu.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The one door to ATen: the TorchScript functions of {@code kernels.py}, zipped in memory into the module format that
 * libtorch loads. Not thread-safe: each {@link Torch} has its own.
 */
public final class Kernels implements AutoCloseable {
    private static final String CODE = "kernels.py";
    /** Protocol-2 pickles of an instance of {@code __torch__.K} without state, and of an empty tuple of constants. */
    private static final String INSTANCE = "\u0080\u0002c__torch__\nK\n)\u0081}b.";

    private static final String NO_CONSTANTS = "\u0080\u0002).";

    private final PtSymbolBlock module;
    private final PtNDManager names;
    private final Map<String, NDArray> selectors = new HashMap<>();

    private Kernels(PtSymbolBlock module, PtNDManager names) {
        this.module = module;
        this.names = names;
    }

    static Kernels load(PtNDManager root) {
        try {
            PtSymbolBlock module = JniUtils.loadModule(root, new ByteArrayInputStream(archive()), false, false);
            return new Kernels(module, (PtNDManager) root.newSubManager());
        } catch (IOException e) {
            throw new UncheckedIOException(CODE, e);
        }
    }

    /**
     * Calls a kernel whose arguments are all tensors; the result joins {@code scope}.
     *
     * @param recording whether a backward pass will follow
     */
    NDArray call(PtNDManager scope, boolean recording, String kernel, NDArray... arguments) {
        NDList list = new NDList(arguments.length + 1);
        for (NDArray argument : arguments) {
            list.add(argument);
        }
        list.add(selectors.computeIfAbsent(kernel, this::selector));
        NDArray result;
        try {
            result = IValueUtils.forward(module, list, recording).head();
        } catch (EngineException e) {
            throw new DeviceFailure("kernel " + kernel, e);
        }
        // DJL hands a result to the manager of the first argument, which may be a long-lived one.
        result.attach(scope);
        return result;
    }

    /**
     * Calls a kernel that records nothing. Arguments are tensors, lists of tensors ({@link NDList}), {@code Long},
     * {@code Double}, {@code long[]} or a {@link Dtype}.
     *
     * @return the tensors of the result, owned by {@code manager}
     */
    public NDList run(NDManager manager, String kernel, Object... arguments) {
        IValue[] values = new IValue[arguments.length];
        try {
            for (int i = 0; i < arguments.length; i++) {
                values[i] = value(arguments[i]);
            }
            try (IValue result = IValueUtils.runMethod(module, kernel, values)) {
                return result.toNDList((PtNDManager) manager);
            }
        } catch (EngineException e) {
            throw new DeviceFailure("kernel " + kernel, e);
        } finally {
            for (IValue value : values) {
                if (value != null) {
                    value.close();
                }
            }
        }
    }

    private static IValue value(Object argument) {
        return switch (argument) {
            case PtNDArray tensor -> IValue.from(tensor);
            case NDList list -> IValue.listFrom(list.toArray(new PtNDArray[0]));
            case Long number -> IValue.from(number);
            case Double number -> IValue.from(number);
            case Boolean flag -> IValue.from(flag);
            case long[] numbers -> IValue.listFrom(numbers);
            case Dtype dtype -> IValue.from((long) dtype.code());
            default -> throw new IllegalArgumentException("no kernel takes a " + argument.getClass());
        };
    }

    /** DJL picks a module's method by the name of an extra tensor. */
    private NDArray selector(String kernel) {
        NDArray selector = names.create(0f);
        selector.setName("module_method:" + kernel);
        return selector;
    }

    /** SHA-256 of the code, in hexadecimal. */
    static String digest() {
        try {
            return Sha256.of(code());
        } catch (IOException e) {
            throw new UncheckedIOException(CODE, e);
        }
    }

    private static byte[] code() throws IOException {
        try (InputStream code = Kernels.class.getResourceAsStream(CODE)) {
            return withoutComments(code.readAllBytes());
        }
    }

    private static byte[] archive() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "k/data.pkl", INSTANCE.getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "k/constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "k/version", "3\n".getBytes(StandardCharsets.US_ASCII));
            store(zip, "k/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            store(zip, "k/code/__torch__.py", code());
        }
        return bytes.toByteArray();
    }

    /** The format knows no comments; the file that people read does. */
    private static byte[] withoutComments(byte[] code) {
        List<String> lines = new String(code, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.isBlank() && !line.strip().startsWith("#"))
                .toList();
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void store(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCompressedSize(bytes.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(bytes);
        zip.closeEntry();
    }

    @Override
    public void close() {
        names.close();
        module.close();
    }
}
