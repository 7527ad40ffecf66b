package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.train.PartName;
import io.espalier.gpu.train.SignalPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The sums of a calibration's stages, as parts: the counts of each, then the sums of its layers. */
public final class CollectedSums {
    private static final ValueLayout.OfDouble F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final String WHERE = "collected sums";
    private static final long[] COSINE = {1};
    private static final long[] COUNTS = {2};

    private CollectedSums() {}

    /** Copies; their memory is the garbage collector's. */
    static List<SignalPart> of(LayerSums sums, ModelConfig config, int from, int to) {
        List<SignalPart> parts = new ArrayList<>(List.of(counts(sums)));
        sums.channels().forEach((place, tensor) -> parts.add(part(place, LayerSums.shape(config, place), tensor)));
        for (int layer = from; layer < to; layer++) {
            parts.add(part(after(layer), COSINE, sums.cosine(layer, layer)));
        }
        return parts;
    }

    /** Rows and counting positions so far. */
    static SignalPart counts(LayerSums sums) {
        MemorySegment memory = Arena.ofAuto().allocate(I64.byteSize() * 2);
        memory.set(I64, 0, sums.rows());
        memory.set(I64, I64.byteSize(), sums.tokens());
        return new SignalPart(PartName.Extra.COUNTS, TensorType.I64, COUNTS, List.of(memory));
    }

    private static SignalPart part(Place place, long[] shape, NDArray tensor) {
        double[] values = tensor.toDoubleArray();
        MemorySegment memory = Arena.ofAuto().allocate(values.length * F64.byteSize());
        MemorySegment.copy(values, 0, memory, F64, 0, values.length);
        return new SignalPart(new PartName.Sums(place), TensorType.F64, shape, List.of(memory));
    }

    /** The place at which the cosine between a layer's input and output is added up. */
    private static Place after(int layer) {
        return new Place(Site.LAYER_OUTPUT, layer);
    }

    /**
     * The statistics of the model whose stages have all been collected, bit by bit those of a calibration in one piece;
     * without blocks and leave-one-out.
     *
     * @throws Refused where sums are missing or misshapen, or where not all stages have seen the same text
     */
    public static ActivationStatistics join(ModelConfig config, List<SignalPart> collected) {
        long[] counts = null;
        Map<PartName, SignalPart> sums = new HashMap<>();
        for (SignalPart part : collected) {
            if (part.name() == PartName.Extra.COUNTS) {
                counts = sameCounts(counts, part);
            } else if (sums.put(part.name(), part) != null) {
                throw Refused.invalid(WHERE, part.name().toString(), "there twice", "must be there once");
            }
        }
        if (counts == null) {
            throw Refused.invalid(WHERE, PartName.Extra.COUNTS.toString(), "absent", "must be there");
        }
        int layers = config.numHiddenLayers();
        double[][] cosines = new double[layers][layers];
        for (int layer = 0; layer < layers; layer++) {
            cosines[layer][layer] = values(sums, after(layer), COSINE)[0];
        }
        return ActivationStatistics.of(
                config,
                counts[0],
                counts[1],
                place -> values(sums, place, LayerSums.shape(config, place)),
                cosines,
                false);
    }

    private static long[] sameCounts(long[] others, SignalPart part) {
        part.require(WHERE, PartName.Extra.COUNTS, TensorType.I64, COUNTS);
        MemorySegment bytes = onHeap(part);
        long[] counts = {bytes.get(I64, 0), bytes.get(I64, I64.byteSize())};
        if (others != null && !Arrays.equals(others, counts)) {
            throw Refused.invalid(
                    WHERE,
                    "rows and tokens of a stage",
                    Arrays.toString(counts),
                    "must be " + Arrays.toString(others) + ", those of the stage before");
        }
        return counts;
    }

    private static double[] values(Map<PartName, SignalPart> sums, Place place, long[] shape) {
        PartName name = new PartName.Sums(place);
        SignalPart part = sums.get(name);
        if (part == null) {
            throw Refused.invalid(WHERE, name.toString(), "absent", "must be there");
        }
        part.require(WHERE, name, TensorType.F64, shape);
        return onHeap(part).toArray(F64);
    }

    private static MemorySegment onHeap(SignalPart part) {
        MemorySegment whole = MemorySegment.ofArray(new byte[Math.toIntExact(part.size())]);
        long at = 0;
        for (MemorySegment piece : part.bytes()) {
            MemorySegment.copy(piece, 0, whole, at, piece.byteSize());
            at += piece.byteSize();
        }
        return whole;
    }
}
