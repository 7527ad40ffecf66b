package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.Refused;
import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sums of parts are those of the whole, what is masked does not count, and a file of scores knows its model. */
@Timeout(60)
class CalibrationTest {
    private static final ModelConfig MODEL = TinyModel.config();

    @TempDir
    Path temporary;

    private Path model;
    private List<TokenBatch> text;

    @BeforeEach
    void write() {
        model = TinyModel.write(temporary.resolve("model"), 11);
        text = TinyModel.batches(new Random(5), 6, 2, 10);
    }

    private static Importance read(ActivationStatistics sums) {
        return Importance.of(sums, MODEL, ImportanceSettings.REFERENCE);
    }

    @Test
    void partsAddUpToTheWholeWithTheSameRanking() {
        ActivationStatistics whole = Runs.calibrate(model, text);
        ActivationStatistics parts = Runs.calibrate(model, text.subList(4, 6))
                .plus(Runs.calibrate(model, text.subList(0, 1)))
                .plus(Runs.calibrate(model, text.subList(1, 4)));
        assertThat(parts.rows()).isEqualTo(whole.rows()).isEqualTo(12);
        assertThat(parts.tokens()).isEqualTo(whole.tokens()).isEqualTo(120);
        assertThat(parts.blocks()).isTrue();
        PruningTargets targets = new PruningTargets(1, null, 5, 7, 2, null);
        assertThat(PruningPlan.choose(MODEL, targets, read(parts)))
                .isEqualTo(PruningPlan.choose(MODEL, targets, read(whole)));
        double[] hidden = read(whole).hidden();
        for (int c = 0; c < hidden.length; c++) {
            assertThat(read(parts).hidden()[c]).isCloseTo(hidden[c], within(1e-9 * hidden[c]));
        }
    }

    @Test
    void maskedPositionsDoNotCount() {
        int seqLength = 10;
        boolean[] mask = new boolean[2 * seqLength];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i % seqLength < 6;
        }
        TokenBatch batch = text.getFirst();
        int[] padded = batch.ids().clone();
        for (int i = 0; i < padded.length; i++) {
            padded[i] = i % (seqLength + 1) < 6 ? padded[i] : 0;
        }
        ActivationStatistics one =
                Runs.calibrate(model, List.of(new TokenBatch(0, 2, seqLength, batch.ids(), mask, List.of())));
        ActivationStatistics other =
                Runs.calibrate(model, List.of(new TokenBatch(0, 2, seqLength, padded, mask, List.of())));
        assertThat(one.tokens()).isEqualTo(12);
        assertThat(read(other).hidden()).containsExactly(read(one).hidden(), within(1e-6));
        assertThat(read(other).ffn()[1]).containsExactly(read(one).ffn()[1], within(1e-6));
        assertThat(read(other).depth().layers())
                .containsExactly(read(one).depth().layers(), within(1e-6));
        TokenBatch cut = new TokenBatch(0, 2, 6, firstOfRows(batch, 7), null, List.of());
        assertThat(read(Runs.calibrate(model, List.of(cut))).hidden())
                .as("as if the rows ended before")
                .containsExactly(read(one).hidden(), within(1e-5));
    }

    private static int[] firstOfRows(TokenBatch batch, int count) {
        int[] ids = new int[batch.rows() * count];
        for (int r = 0; r < batch.rows(); r++) {
            System.arraycopy(batch.ids(), r * (batch.seqLength() + 1), ids, r * count, count);
        }
        return ids;
    }

    private ScoresFile scores() {
        ActivationStatistics sums = Runs.calibrate(model, text);
        return new ScoresFile(
                new ScoresFile.About(Runs.digest(model), PruningPlan.Shape.of(MODEL), "d", 10, 12, 120, true, 0), sums);
    }

    @Test
    void aFileOfScoresGivesBackWhatWasWritten() {
        ScoresFile scores = scores();
        Path file = temporary.resolve("folder/of/scores");
        scores.write(file);
        ScoresFile again = ScoresFile.read(file);
        again.requireModel(file, MODEL, Runs.digest(model));
        assertThat(again.about()).isEqualTo(scores.about());
        assertThat(read(again.statistics()).hidden())
                .containsExactly(read(scores.statistics()).hidden());
        assertThat(Arrays.deepToString(again.statistics().cosines()))
                .isEqualTo(Arrays.deepToString(scores.statistics().cosines()));
    }

    @Test
    void scoresOfAnotherModelAreRefused() {
        Path file = temporary.resolve("scores");
        scores().write(file);
        Path other = TinyModel.write(temporary.resolve("other"), 12);
        assertThatThrownBy(() -> ScoresFile.read(file).requireModel(file, MODEL, Runs.digest(other)))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("the scores are of another model");
        ModelConfig narrower = MODEL.withShape(8, 24, 4, 2, List.of(0, 1));
        assertThatThrownBy(() -> ScoresFile.read(file).requireModel(file, narrower, ""))
                .hasMessageContaining("shape is");
    }

    @Test
    void aFileThatIsNoneOrIsCutShortIsRefused() throws IOException {
        Path file = temporary.resolve("scores");
        assertThatThrownBy(() -> ScoresFile.read(model.resolve("model.safetensors")))
                .hasMessageContaining("must be a file of scores that prune has written");
        scores().write(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 8));
        assertThatThrownBy(() -> ScoresFile.read(file)).isInstanceOf(Refused.class);
    }
}
