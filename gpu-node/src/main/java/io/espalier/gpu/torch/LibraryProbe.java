package io.espalier.gpu.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;

/**
 * A process that loads the native library, computes a little with it on every device, and says on its last line of output
 * what it found. It is a process of its own because a library that does not fit may end it.
 */
final class LibraryProbe {
    private LibraryProbe() {}

    public static void main(String[] arguments) {
        ObjectNode answer = JsonMapper.builder().build().createObjectNode();
        try {
            computes("cpu");
            answer.put("version", NativeLibrary.loadedVersion());
            devices(answer);
        } catch (Refused e) {
            answer.put("failed", e.getMessage());
        } catch (RuntimeException | LinkageError e) {
            String words = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
            answer.put("failed", words + " (" + e.getClass().getSimpleName() + ")");
        }
        System.out.println(answer);
    }

    private static void devices(ObjectNode answer) {
        switch (CudaRuntime.loaded().devices()) {
            case CudaDevices.Absent absent ->
                answer.putObject("absent")
                        .put("wanted", absent.wanted())
                        .put("why", absent.why())
                        .put("remedy", absent.remedy());
            case CudaDevices.Present present -> {
                answer.put("driver", present.driver());
                ArrayNode list = answer.putArray("devices");
                for (CudaDevices.Card card : present.cards()) {
                    computes("cuda:" + card.index());
                    list.addObject()
                            .put("index", card.index())
                            .put("name", card.name())
                            .put("memoryBytes", card.memoryBytes())
                            .put("computeCapability", card.computeCapability());
                }
            }
        }
    }

    /** The gradient of w in x·wᵀ is x: a product, a kernel of ours and a backward pass are right. */
    private static void computes(String device) {
        try (Torch torch = Torch.open(device, Dtype.F32, 1);
                NDManager manager = torch.longLived();
                Scope scope = torch.recording()) {
            NDArray x = scope.floats(new float[] {2, 3}, 1, 2);
            NDArray w = torch.leaf(manager, manager.create(new float[] {5, 7}).reshape(1, 2));
            NDArray y = scope.linear(x, w);
            scope.backward(y, scope.floats(new float[] {1}, 1, 1));
            float[] gradient = torch.gradient(w).toFloatArray();
            if (y.toFloatArray()[0] != 31 || gradient[0] != 2 || gradient[1] != 3) {
                throw new DeviceFailure("a product on " + device + " is " + y.toFloatArray()[0] + ", not 31", null);
            }
        }
    }
}
