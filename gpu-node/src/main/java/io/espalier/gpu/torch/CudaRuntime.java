package io.espalier.gpu.torch;

import io.espalier.gpu.torch.CudaDevices.Absent;
import io.espalier.gpu.torch.CudaDevices.Card;
import io.espalier.gpu.torch.CudaDevices.Present;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The CUDA runtime that the loaded libtorch brings along, and the driver below it. Asks, and changes nothing: no context is
 * made on a device.
 */
final class CudaRuntime {
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private static final int INSUFFICIENT_DRIVER = 35;
    private static final int NO_DEVICE = 100;
    /** cudaDevAttrComputeCapabilityMajor and the minor number behind it. */
    private static final int CAPABILITY_MAJOR = 75;

    private static final int CAPABILITY_MINOR = 76;
    private static final int NAME_BYTES = 256;

    private final CShim functions;
    private final String visible;
    private final Optional<String> driver;

    /**
     * @param symbols of the runtime and the driver
     * @param visible what CUDA_VISIBLE_DEVICES says, or null
     * @param driver the version of the driver's kernel module, where it is known
     */
    CudaRuntime(SymbolLookup symbols, String visible, Optional<String> driver) {
        this.functions = new CShim(symbols);
        this.visible = visible;
        this.driver = driver;
    }

    /** The runtime of the libraries that this process has loaded. */
    @SuppressWarnings("restricted")
    static CudaRuntime loaded() {
        SymbolLookup symbols = SymbolLookup.loaderLookup();
        try {
            symbols = symbols.or(SymbolLookup.libraryLookup("libcuda.so.1", Arena.global()));
        } catch (IllegalArgumentException e) {
            // The runtime itself says that there is no driver.
        }
        return new CudaRuntime(symbols, System.getenv("CUDA_VISIBLE_DEVICES"), kernelModule());
    }

    private static Optional<String> kernelModule() {
        try {
            return Optional.of(
                    Files.readString(Path.of("/sys/module/nvidia/version")).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    CudaDevices devices() {
        Optional<MethodHandle> count = functions.find("cudaGetDeviceCount", INT, POINTER);
        if (count.isEmpty()) {
            return new Absent(
                    false,
                    "libtorch is built without CUDA",
                    "for a GPU, name a libtorch with CUDA in PYTORCH_LIBRARY_PATH");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment found = arena.allocate(INT);
            int status = call("cudaGetDeviceCount", count.get(), found);
            int devices = status == 0 ? found.get(INT, 0) : 0;
            return devices == 0 ? absent(status) : present(devices);
        }
    }

    private Present present(int devices) {
        List<Card> cards = new ArrayList<>();
        for (int index = 0; index < devices; index++) {
            String capability = attribute(index, CAPABILITY_MAJOR) + "." + attribute(index, CAPABILITY_MINOR);
            cards.add(new Card(index, name(index), memory(index), capability));
        }
        return new Present(
                cards, driver.map(known -> known + ", ").orElse("") + "CUDA " + version("cudaDriverGetVersion"));
    }

    private Absent absent(int status) {
        boolean hidden = visible != null && status == NO_DEVICE;
        if (hidden) {
            return new Absent(
                    true,
                    "CUDA_VISIBLE_DEVICES=" + visible + " hides all devices",
                    "unset CUDA_VISIBLE_DEVICES, or name a device that is there");
        }
        String driverVersion = version("cudaDriverGetVersion");
        return switch (status) {
            case INSUFFICIENT_DRIVER ->
                driverVersion.equals("0.0")
                        ? new Absent(
                                true,
                                "there is no NVIDIA driver",
                                "install the driver, or give the container the devices (--gpus all)")
                        : new Absent(
                                true,
                                "the driver serves CUDA " + driverVersion + ", and libtorch wants "
                                        + version("cudaRuntimeGetVersion"),
                                "update the driver, or take a libtorch for CUDA " + driverVersion + " or older");
            case 0, NO_DEVICE ->
                new Absent(
                        true, "the driver sees no device", "nvidia-smi -L should list it: give it to this container");
            default ->
                new Absent(
                        true, "CUDA says: " + text(status) + " (" + status + ")", "nvidia-smi says more of the device");
        };
    }

    /** A version that the runtime writes as 1000 · major + 10 · minor. */
    private String version(String function) {
        int number = functions
                .find(function, INT, POINTER)
                .map(handle -> number(function, handle))
                .orElse(0);
        return number / 1000 + "." + number % 1000 / 10;
    }

    private int attribute(int device, int attribute) {
        String name = "cudaDeviceGetAttribute";
        return number(name, functions.find(name, INT, POINTER, INT, INT).orElseThrow(), attribute, device);
    }

    /** The number that a function writes to its first argument; 0 where it fails. */
    private static int number(String name, MethodHandle handle, Object... others) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(INT);
            return call(name, handle.bindTo(value), others) == 0 ? value.get(INT, 0) : 0;
        }
    }

    /** The driver counts devices as the runtime does: both look at what is visible. */
    private String name(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            Optional<MethodHandle> handle = functions.find("cuDeviceGetName", INT, POINTER, INT, INT);
            return handle.isPresent() && call("cuDeviceGetName", handle.get(), name, NAME_BYTES, device) == 0
                    ? name.getString(0)
                    : "unnamed";
        }
    }

    private long memory(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            Optional<MethodHandle> handle = functions.find("cuDeviceTotalMem_v2", INT, POINTER, INT);
            return handle.isPresent() && call("cuDeviceTotalMem_v2", handle.get(), bytes, device) == 0
                    ? bytes.get(ValueLayout.JAVA_LONG, 0)
                    : 0;
        }
    }

    @SuppressWarnings("restricted")
    private String text(int status) {
        MethodHandle handle = functions.find("cudaGetErrorString", POINTER, INT).orElseThrow();
        try {
            return ((MemorySegment) handle.invokeExact(status))
                    .reinterpret(NAME_BYTES)
                    .getString(0);
        } catch (Throwable e) {
            throw CShim.broken("cudaGetErrorString", e);
        }
    }

    private static int call(String name, MethodHandle handle, Object... arguments) {
        try {
            return (int) handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw CShim.broken(name, e);
        }
    }
}
