package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.group.ParameterBlock;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AdamWTest {
    private static final OptimizerSettings SETTINGS =
            new OptimizerSettings(step -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 1, Frozen.NONE);
    private static final List<ParameterBlock> WHOLE =
            List.of(new ParameterBlock("matrix", 0, 96), new ParameterBlock("vector", 0, 16));
    private static final List<ParameterBlock> CUT = List.of(
            new ParameterBlock("matrix", 0, 32),
            new ParameterBlock("matrix", 32, 64),
            new ParameterBlock("vector", 0, 16));

    /** Two parameters and the optimiser of their blocks. */
    private record Run(Torch torch, NDArray matrix, NDArray vector, List<ParameterBlock> blocks, AdamW optimizer) {
        static Run of(Torch torch, NDManager manager, List<ParameterBlock> blocks) {
            NDArray matrix = manager.create(values(1, 96), new Shape(12, 8));
            NDArray vector = manager.create(values(2, 16));
            AdamW optimizer = new AdamW(torch, name -> name.equals("matrix") ? matrix : vector, blocks, SETTINGS);
            return new Run(torch, matrix, vector, blocks, optimizer);
        }

        void step(int seed) {
            try (Scope scope = torch.inference()) {
                NDList gradients = new NDList();
                for (ParameterBlock block : blocks) {
                    boolean isMatrix = block.parameter().equals("matrix");
                    NDArray whole =
                            scope.floats(values(seed + (isMatrix ? 0 : 1), isMatrix ? 96 : 16), isMatrix ? 96 : 16);
                    gradients.add(torch.part(scope.manager(), whole, block.start(), block.count()));
                }
                optimizer.step(scope, gradients, 0.5, 1e-2);
            }
        }

        /** Each tensor of its state as a checkpoint would hold it. */
        Map<String, TensorData> state() {
            Map<String, float[]> values = new HashMap<>();
            Map<String, TensorData> state = new HashMap<>();
            optimizer.eachState((name, shape, start, part) -> {
                float[] all = values.computeIfAbsent(name, _ -> new float[(int) new Shape(shape).size()]);
                System.arraycopy(part.toFloatArray(), 0, all, (int) start, (int) part.size());
                state.put(name, new TensorData(name, TensorType.F32, shape, MemorySegment.ofArray(all)));
            });
            return state;
        }
    }

    private static float[] values(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void aParameterInBlocksMovesAsItDoesWhole() {
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                NDManager manager = torch.longLived()) {
            Run whole = Run.of(torch, manager, WHOLE);
            Run cut = Run.of(torch, manager, CUT);
            try (AdamW _ = whole.optimizer;
                    AdamW _ = cut.optimizer) {
                for (int step = 0; step < 5; step++) {
                    whole.step(10 + step);
                    cut.step(10 + step);
                }
                assertThat(cut.matrix.toFloatArray())
                        .isNotEqualTo(values(1, 96))
                        .usingComparatorWithPrecision(1e-6f)
                        .containsExactly(whole.matrix.toFloatArray());
                assertThat(cut.vector.toFloatArray())
                        .usingComparatorWithPrecision(1e-6f)
                        .containsExactly(whole.vector.toFloatArray());
                assertThat(cut.state().keySet()).isEqualTo(whole.state().keySet());
            }
        }
    }

    @Test
    void stateOfBlocksIsTakenUpByOtherBlocks() {
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                NDManager manager = torch.longLived()) {
            Run cut = Run.of(torch, manager, CUT);
            Run whole = Run.of(torch, manager, WHOLE);
            try (AdamW _ = whole.optimizer;
                    AdamW _ = cut.optimizer) {
                cut.step(10);
                whole.step(10);
                whole.step(99);
                Map<String, TensorData> state = cut.state();
                whole.optimizer.restore(state::get);
                whole.state()
                        .forEach((name, data) -> assertThat(
                                        data.bytes().mismatch(state.get(name).bytes()))
                                .as(name)
                                .isEqualTo(-1));
                TensorData damaged = new TensorData(
                        "exp_avg.matrix",
                        TensorType.F32,
                        new long[] {8, 12},
                        state.get("exp_avg.matrix").bytes());
                state.put("exp_avg.matrix", damaged);
                assertThatThrownBy(() -> whole.optimizer.restore(state::get))
                        .isInstanceOf(Refused.class)
                        .hasMessageContaining("exp_avg.matrix is [8, 12]: must be [12, 8]");
            }
        }
    }
}
