package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.PartName;
import io.espalier.gpu.train.SignalPart;
import io.espalier.gpu.train.StageInput;
import io.espalier.gpu.train.TeacherSignal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The sums of stages, once joined, are those of the model in one piece, bit by bit, with each batch counted once. */
@Timeout(60)
class CalibrationStageTest {
    private static final int LAYERS = 4;

    @TempDir
    Path temporary;

    private ModelConfig config;
    private Path model;
    private int openBefore;

    @BeforeEach
    void write() {
        openBefore = Torch.openCount();
        ObjectNode json = TinyModel.config().json().deepCopy();
        config = ModelConfig.of(json.put("num_hidden_layers", LAYERS));
        try (RandomWeights weights = new RandomWeights(config, 11)) {
            model = TinyModel.write(
                    temporary.resolve("model"), config, weights.andThen(TensorData::bytes), Long.MAX_VALUE);
        }
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Torch.openCount()).isEqualTo(openBefore);
    }

    /** Some rows without a mask, some with, one of them without any target that counts. */
    private static List<TokenBatch> text() {
        List<TokenBatch> batches = new ArrayList<>(TinyModel.batches(new Random(5), 3, 2, 10));
        TokenBatch last = batches.getLast();
        boolean[] mask = new boolean[20];
        for (int i = 0; i < 7; i++) {
            mask[i] = i % 3 != 0;
        }
        batches.set(2, new TokenBatch(2, 2, 10, last.ids(), mask, List.of()));
        return batches;
    }

    private static Torch torch(Dtype dtype) {
        return Torch.open("cpu", dtype, 1);
    }

    private ActivationStatistics whole(Dtype dtype, List<TokenBatch> text) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = torch(dtype);
                Weights weights = Weights.frozen(torch, config, directory::tensor, dtype);
                Calibration calibration = new Calibration(torch, new CausalLm(torch, config), weights, false)) {
            text.forEach(calibration::add);
            return calibration.statistics();
        }
    }

    /** Stages in a row, closed together. */
    private final class Chain implements AutoCloseable {
        private final List<CalibrationStage> stages;

        Chain(Dtype dtype, int count) {
            stages = IntStream.range(0, count)
                    .mapToObj(i -> CalibrationStage.open(torch(dtype), model, i, count, _ -> {}))
                    .toList();
        }

        void add(TokenBatch batch) {
            add(new StageInput.Ids(batch), 0);
        }

        private void add(StageInput input, int stage) {
            try (TeacherSignal answer = stages.get(stage).forward(input)) {
                assertThat(answer.parts()).isNotEmpty();
                if (stage + 1 < stages.size()) {
                    add(new StageInput.Residual(answer.sequence(), answer.parts()), stage + 1);
                }
            }
        }

        List<SignalPart> collect() {
            List<SignalPart> soFar = List.of();
            for (CalibrationStage stage : stages) {
                soFar = stage.forward(new StageInput.Collect(soFar)).parts();
            }
            return soFar;
        }

        @Override
        public void close() {
            stages.forEach(CalibrationStage::close);
        }
    }

    /** The statistics as text, which tells all bits of a number. */
    private static List<String> text(ActivationStatistics s) {
        List<String> text = new ArrayList<>(List.of(s.rows() + " " + s.tokens() + " " + s.blocks()));
        Stream.of(s.attentionNorm(), s.heads(), s.mlpNorm(), s.ffn(), List.of(s.finalNorm()))
                .flatMap(List::stream)
                .forEach(sums -> text.add(Arrays.deepToString(sums.sums())));
        text.add(Arrays.deepToString(s.cosines()));
        return text;
    }

    @TestFactory
    Stream<DynamicTest> joinedSumsAreThoseOfTheWhole() {
        return Stream.of(Dtype.F32, Dtype.BF16)
                .flatMap(dtype -> IntStream.rangeClosed(1, LAYERS)
                        .mapToObj(stages -> DynamicTest.dynamicTest(dtype + ", " + stages + " stages", () -> {
                            List<String> expected = text(whole(dtype, text()));
                            try (Chain chain = new Chain(dtype, stages)) {
                                text().forEach(chain::add);
                                assertThat(text(CollectedSums.join(config, chain.collect())))
                                        .isEqualTo(expected);
                            }
                        })));
    }

    @Test
    void aBatchThatComesAgainIsNotCountedAgain() {
        List<String> expected = text(whole(Dtype.F32, text()));
        try (Chain chain = new Chain(Dtype.F32, 3)) {
            for (TokenBatch batch : text()) {
                // The first stage has counted it when its answer is lost.
                chain.stages.getFirst().forward(new StageInput.Ids(batch)).close();
                chain.add(batch);
                chain.add(batch);
            }
            assertThat(text(CollectedSums.join(config, chain.collect()))).isEqualTo(expected);
        }
    }

    @Test
    void aStageThatHasLostItsSumsSaysSo() {
        try (Chain chain = new Chain(Dtype.F32, 2);
                Chain anew = new Chain(Dtype.F32, 2)) {
            chain.add(text().getFirst());
            assertThatThrownBy(() -> anew.add(text().get(1)))
                    .isInstanceOf(Refused.class)
                    .hasMessage("batch 1: must be 0, the next that this calibration has not counted:"
                            + " it has been started anew, and so must the text be");
        }
    }

    @Test
    void theTextFromItsBeginningBringsALostStageToTheSumsOfTheOthers() {
        List<String> expected = text(whole(Dtype.F32, text()));
        try (Chain chain = new Chain(Dtype.F32, 2);
                CalibrationStage anew = CalibrationStage.open(torch(Dtype.F32), model, 1, 2, _ -> {})) {
            text().subList(0, 2).forEach(chain::add);
            for (TokenBatch batch : text()) {
                try (TeacherSignal middle = chain.stages.getFirst().forward(new StageInput.Ids(batch))) {
                    anew.forward(new StageInput.Residual(middle.sequence(), middle.parts()))
                            .close();
                }
            }
            List<SignalPart> first = chain.stages
                    .getFirst()
                    .forward(new StageInput.Collect(List.of()))
                    .parts();
            assertThat(text(CollectedSums.join(
                            config, anew.forward(new StageInput.Collect(first)).parts())))
                    .isEqualTo(expected);
        }
    }

    @Test
    void whatIsNotWholeIsNotJoined() {
        List<SignalPart> half;
        List<SignalPart> other;
        try (Chain chain = new Chain(Dtype.F32, 2)) {
            chain.add(text().getFirst());
            half = chain.stages
                    .getFirst()
                    .forward(new StageInput.Collect(List.of()))
                    .parts();
            chain.add(text().get(1));
            other = chain.stages.getLast().forward(new StageInput.Collect(half)).parts();
        }
        assertThatThrownBy(() -> CollectedSums.join(config, half))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("absent: must be there");
        assertThatThrownBy(() -> CollectedSums.join(config, other))
                .hasMessageContaining("rows and tokens of a stage is [4, 40]: must be [2, 20]");
        assertThatThrownBy(() -> CollectedSums.join(config, List.of())).hasMessageContaining("COUNTS is absent");
        List<SignalPart> twice = new ArrayList<>(half);
        twice.addAll(half);
        assertThatThrownBy(() -> CollectedSums.join(config, twice)).hasMessageContaining("there twice");
        assertThat(half).extracting(SignalPart::name).startsWith(PartName.Extra.COUNTS);
    }

    @Test
    void depthThatStagesCannotScoreIsRefused() {
        assertThatCode(() -> CalibrationStage.check(DepthCriterion.BLOCK_INFLUENCE))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> CalibrationStage.check(DepthCriterion.CONTIGUOUS))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("depth contiguous: must be block-influence where the model is in stages");
        assertThatThrownBy(() -> CalibrationStage.check(DepthCriterion.LEAVE_ONE_OUT))
                .hasMessageContaining("depth leave-one-out");
    }
}
