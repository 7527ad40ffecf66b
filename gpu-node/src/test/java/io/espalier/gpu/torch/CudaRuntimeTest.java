package io.espalier.gpu.torch;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.torch.CudaDevices.Absent;
import io.espalier.gpu.torch.CudaDevices.Card;
import io.espalier.gpu.torch.CudaDevices.Present;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Devices are counted as the CUDA runtime says, and their absence has its reason; the runtime here is of this test. */
@Timeout(20)
@SuppressWarnings("restricted")
class CudaRuntimeTest {
    private static final long GIB = 1L << 30;

    private final Arena arena = Arena.ofShared();
    private final Map<String, MemorySegment> symbols = new HashMap<>();
    private int countStatus;
    private int devices;
    private int driver = 13_000;

    @AfterEach
    void close() {
        arena.close();
    }

    int count(MemorySegment count) {
        count.reinterpret(4).set(ValueLayout.JAVA_INT, 0, devices);
        return countStatus;
    }

    int driverVersion(MemorySegment version) {
        version.reinterpret(4).set(ValueLayout.JAVA_INT, 0, driver);
        return 0;
    }

    int runtimeVersion(MemorySegment version) {
        version.reinterpret(4).set(ValueLayout.JAVA_INT, 0, 12_090);
        return 0;
    }

    int attribute(MemorySegment value, int attribute, int device) {
        value.reinterpret(4).set(ValueLayout.JAVA_INT, 0, attribute == 75 ? 8 + device : 0);
        return 0;
    }

    int name(MemorySegment name, int length, int device) {
        assertThat(length).isGreaterThan(20);
        name.reinterpret(length).setString(0, "Card " + device);
        return 0;
    }

    int memory(MemorySegment bytes, int device) {
        bytes.reinterpret(8).set(ValueLayout.JAVA_LONG, 0, (80 + device) * GIB);
        return 0;
    }

    MemorySegment errorText(int status) {
        return arena.allocateFrom("error number " + status);
    }

    private void symbol(String name, String method, MemoryLayout result, MemoryLayout... arguments) {
        FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
        MethodType type = descriptor.toMethodType();
        try {
            symbols.put(
                    name,
                    Linker.nativeLinker()
                            .upcallStub(MethodHandles.lookup().bind(this, method, type), descriptor, arena));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private CudaDevices look(String visible) {
        symbol("cudaGetDeviceCount", "count", ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
        symbol("cudaDriverGetVersion", "driverVersion", ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
        symbol("cudaRuntimeGetVersion", "runtimeVersion", ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
        symbol(
                "cudaDeviceGetAttribute",
                "attribute",
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT);
        symbol(
                "cuDeviceGetName",
                "name",
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT);
        symbol("cuDeviceTotalMem_v2", "memory", ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
        symbol("cudaGetErrorString", "errorText", ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
        SymbolLookup lookup = name -> Optional.ofNullable(symbols.get(name));
        return new CudaRuntime(lookup, visible, Optional.of("580.65.06")).devices();
    }

    private static String why(CudaDevices found) {
        assertThat(found).isInstanceOf(Absent.class);
        assertThat(((Absent) found).wanted()).isTrue();
        assertThat(((Absent) found).remedy()).isNotBlank();
        return ((Absent) found).why();
    }

    @Test
    void everyDeviceIsListedWithItsMemoryAndCapability() {
        devices = 2;
        assertThat(look("0,1"))
                .isEqualTo(new Present(
                        List.of(new Card(0, "Card 0", 80 * GIB, "8.0"), new Card(1, "Card 1", 81 * GIB, "9.0")),
                        "580.65.06, CUDA 13.0"));
    }

    @Test
    void aLibraryWithoutCudaIsNoFault() {
        CudaDevices found = new CudaRuntime(_ -> Optional.empty(), null, Optional.empty()).devices();
        assertThat(found).isInstanceOfSatisfying(Absent.class, absent -> {
            assertThat(absent.wanted()).isFalse();
            assertThat(absent.why()).contains("built without CUDA");
        });
        assertThat(found.count()).isZero();
    }

    @Test
    void aMissingDriverIsToldFromOneThatIsTooOld() {
        countStatus = 35;
        driver = 0;
        assertThat(why(look(null))).contains("no NVIDIA driver");
        driver = 12_040;
        assertThat(why(look(null))).contains("serves CUDA 12.4", "wants 12.9");
    }

    @Test
    void hiddenDevicesAreToldFromAbsentOnes() {
        countStatus = 100;
        assertThat(why(look(""))).contains("CUDA_VISIBLE_DEVICES= hides");
        assertThat(why(look("7"))).contains("CUDA_VISIBLE_DEVICES=7 hides");
        assertThat(why(look(null))).contains("sees no device");
    }

    @Test
    void anyOtherErrorIsSaidInTheRuntimesWords() {
        countStatus = 802;
        assertThat(why(look(null))).contains("error number 802", "(802)");
    }
}
