package io.espalier.gpu.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;

/** Rules of pruning hold for any weights, any text and any sizes. jqwik prints the seed of a failure. */
class PruningInvarianceTest {
    private static final ModelConfig MODEL = TinyModel.config();
    private static final double TOLERANCE = 2e-4;
    private static final int TRIES = 15;

    private Path temporary;

    @BeforeTry
    void create() throws IOException {
        temporary = Files.createTempDirectory("invariance");
    }

    @AfterTry
    void delete() throws IOException {
        try (Stream<Path> files = Files.walk(temporary)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void assertSameLogits(Path one, Path other, TokenBatch batch) {
        float[] expected = Runs.logits(one, batch);
        float[] actual = Runs.logits(other, batch);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i]).isCloseTo(expected[i], within((float) TOLERANCE));
        }
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void theOrderOfChannelsNeuronsAndHeadsDoesNotMatter(
            @ForAll long seed,
            @ForAll @IntRange(min = 4, max = 16) int hidden,
            @ForAll @IntRange(min = 4, max = 24) int ffn,
            @ForAll @IntRange(min = 1, max = 2) int perGroup,
            @ForAll @IntRange(min = 1, max = 2) int groups) {
        Random random = new Random(seed);
        List<TokenBatch> text = TinyModel.batches(random, 2, 2, 12);
        Path model = TinyModel.write(temporary.resolve("model"), seed);
        Path permuted = PermutedModel.of(MODEL, random).write(model, temporary.resolve("permuted"));
        assertSameLogits(model, permuted, text.getFirst());
        PruningTargets targets = new PruningTargets(null, null, hidden, ffn, perGroup * groups, groups);
        Path one = Runs.prune(
                model, PruningPlan.choose(MODEL, targets, Runs.importance(model, text)), temporary.resolve("one"));
        Path other = Runs.prune(
                permuted,
                PruningPlan.choose(MODEL, targets, Runs.importance(permuted, text)),
                temporary.resolve("other"));
        assertSameLogits(one, other, text.getFirst());
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void pruningToTheFullSizeChangesNothing(@ForAll long seed) {
        Path model = TinyModel.write(temporary.resolve("model"), seed);
        Importance importance = Runs.importance(model, TinyModel.batches(new Random(seed), 1, 2, 8));
        PruningTargets full = new PruningTargets(2, null, 16, 24, 4, 2);
        Path same = Runs.prune(model, PruningPlan.choose(MODEL, full, importance), temporary.resolve("same"));
        assertThat(Runs.digest(same)).isEqualTo(Runs.digest(model));
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void twoAxesCommute(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 16) int hidden,
            @ForAll @IntRange(min = 1, max = 24) int ffn) {
        Path model = TinyModel.write(temporary.resolve("model"), seed);
        Importance importance = Runs.importance(model, TinyModel.batches(new Random(seed), 1, 2, 8));
        PruningPlan byHidden =
                PruningPlan.choose(MODEL, new PruningTargets(null, null, hidden, null, null, null), importance);
        PruningPlan byFfn =
                PruningPlan.choose(MODEL, new PruningTargets(null, null, null, ffn, null, null), importance);
        Path hiddenThenFfn = then(Runs.prune(model, byHidden, temporary.resolve("h")), byFfn, temporary.resolve("hf"));
        Path ffnThenHidden = then(Runs.prune(model, byFfn, temporary.resolve("f")), byHidden, temporary.resolve("fh"));
        assertThat(Runs.digest(hiddenThenFfn)).isEqualTo(Runs.digest(ffnThenHidden));
    }

    /** Applies the indices of a plan for the whole model to one that has been cut on another axis. */
    private static Path then(Path model, PruningPlan plan, Path target) {
        ModelConfig config = ModelConfig.read(model);
        PruningPlan.Shape shape = PruningPlan.Shape.of(config);
        boolean cutsHidden = plan.hidden().size() < MODEL.hiddenSize();
        PruningPlan narrowed = new PruningPlan(
                shape,
                "",
                plan.layers(),
                cutsHidden ? plan.hidden() : range(shape.hidden()),
                plan.ffn().stream()
                        .map(kept -> kept.size() < MODEL.intermediateSize() ? kept : range(shape.ffn()))
                        .toList(),
                plan.groups(),
                plan.heads(),
                Compensation.NONE);
        return Runs.prune(model, narrowed, target);
    }

    private static List<Integer> range(int size) {
        return IntStream.range(0, size).boxed().toList();
    }

    @Property(tries = TRIES, shrinking = ShrinkingMode.OFF)
    void theOrderOfBatchesDoesNotChangeTheRanking(@ForAll long seed) {
        Random random = new Random(seed);
        Path model = TinyModel.write(temporary.resolve("model"), seed);
        List<TokenBatch> text = TinyModel.batches(random, 5, 2, 8);
        List<TokenBatch> shuffled = new ArrayList<>(text);
        Collections.shuffle(shuffled, random);
        assertThat(rankings(Runs.importance(model, shuffled))).isEqualTo(rankings(Runs.importance(model, text)));
    }

    /** Every choice that any target could make. */
    private static List<Object> rankings(Importance importance) {
        List<Object> all = new ArrayList<>();
        for (int hidden = 1; hidden <= MODEL.hiddenSize(); hidden++) {
            all.add(Ranking.best(importance.hidden(), hidden));
        }
        for (int layer = 0; layer < MODEL.numHiddenLayers(); layer++) {
            for (int ffn = 1; ffn <= MODEL.intermediateSize(); ffn++) {
                all.add(Ranking.best(importance.ffn()[layer], ffn));
            }
            all.add(Ranking.bestOfEachGroup(importance.heads()[layer], List.of(0, 1), 2, 1));
            all.add(Ranking.best(importance.groups()[layer], 1));
        }
        all.add(importance.depth().kept(1));
        return all;
    }
}
