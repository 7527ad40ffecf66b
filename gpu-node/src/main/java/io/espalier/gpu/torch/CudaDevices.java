package io.espalier.gpu.torch;

import java.util.List;

/** The CUDA devices that a process can use, or why it can use none. */
public sealed interface CudaDevices {
    /**
     * A device.
     *
     * @param name as the driver says it
     * @param memoryBytes all of its memory
     * @param computeCapability such as 9.0
     */
    record Card(int index, String name, long memoryBytes, String computeCapability) {}

    /**
     * Devices, at least one.
     *
     * @param driver its version, and the newest CUDA that it serves
     */
    record Present(List<Card> cards, String driver) implements CudaDevices {
        public Present {
            cards = List.copyOf(cards);
        }
    }

    /**
     * The absence of devices.
     *
     * @param wanted whether the library was built for devices
     * @param why in words
     * @param remedy what brings one about
     */
    record Absent(boolean wanted, String why, String remedy) implements CudaDevices {}

    /** The number of devices. */
    default int count() {
        return switch (this) {
            case Present present -> present.cards().size();
            case Absent _ -> 0;
        };
    }
}
