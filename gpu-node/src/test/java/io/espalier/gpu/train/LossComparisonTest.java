package io.espalier.gpu.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.distill.LossSyntax;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which loss teaches a pruned student best: the reference student and its batches, in an order that the seed shuffles,
 * scored on held-out windows of the three domains. Half an hour: {@code -Despalier.loss-comparison=120} names the steps.
 */
@EnabledIfSystemProperty(named = "espalier.loss-comparison", matches = "\\d+", disabledReason = "takes half an hour")
class LossComparisonTest {
    private static final int STEPS = Integer.getInteger("espalier.loss-comparison", TeacherKd.STEPS);
    private static final int SEEDS = 3;
    private static final List<String> DOMAINS = List.of("wiki", "tech", "fiction");

    @TempDir
    Path temporary;

    @Test
    void distillationComesNearerToTheTeacherThanTheTextAlone() throws IOException {
        Map<String, List<Scores>> results = new LinkedHashMap<>();
        try (ModelDirectory teacher = ModelDirectory.open(TeacherKd.teacher());
                ModelDirectory start = ModelDirectory.open(TeacherKd.student(teacher, temporary.resolve("student")))) {
            PruningPlan plan = TeacherKd.plan(teacher.config());
            for (Map.Entry<String, Objective> loss : objectives(plan).entrySet()) {
                List<Scores> scores = IntStream.rangeClosed(1, SEEDS)
                        .mapToObj(seed -> trained(teacher, start, loss.getValue(), seed))
                        .toList();
                results.put(loss.getKey(), scores);
                System.out.println(row(loss.getKey(), scores));
            }
        }
        assertThat(mean(results.get("forward-kl"), Scores::kl)).isLessThan(mean(results.get("ce"), Scores::kl));
    }

    private static Map<String, Objective> objectives(PruningPlan plan) {
        Map<String, Objective> objectives = new LinkedHashMap<>();
        for (String loss : List.of("forward-kl", "forward-kl,ce=0.2", "reverse-kl", "jsd:0.5", "ce")) {
            objectives.put(loss, Objective.of(LossSyntax.mix(List.of(loss.split(",", -1)), 1)));
        }
        Objective forward = objectives.get("forward-kl");
        objectives.put("forward-kl + hidden states", new Objective(forward.logits(), keptStates(plan)));
        return objectives;
    }

    /** What {@code --hidden-loss normalised-mse} makes of a plan. */
    private static FeatureLoss keptStates(PruningPlan plan) {
        List<FeatureLoss.Pair> pairs = IntStream.range(0, plan.layers().size())
                .mapToObj(layer -> new FeatureLoss.Pair(
                        FeatureLoss.Kind.NORMALISED_MSE,
                        new Place(Site.LAYER_OUTPUT, layer),
                        new Place(Site.LAYER_OUTPUT, plan.layers().get(layer)),
                        null))
                .toList();
        return new FeatureLoss(pairs, 1, false, plan.hidden());
    }

    private static Scores trained(ModelDirectory teacherFiles, ModelDirectory start, Objective objective, long seed) {
        List<TokenBatch> batches = new ArrayList<>(TeacherKd.batches().subList(0, STEPS));
        Collections.shuffle(batches, new Random(seed));
        try (LocalTeacher teacher = new LocalTeacher(
                        Torch.open("cpu", Dtype.F32, 1),
                        teacherFiles.config(),
                        teacherFiles::tensor,
                        objective.features());
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", Dtype.F32, 1),
                        start.config(),
                        start::tensor,
                        TeacherKd.settings(),
                        objective,
                        new ChunkedHead(4 << 20),
                        (_, _, _, _) -> {})) {
            for (TokenBatch batch : batches) {
                try (TeacherSignal signal = teacher.forward(batch)) {
                    student.step(batch, signal);
                }
            }
            return DOMAINS.stream()
                    .map(domain -> heldOut(teacher, student, TeacherKd.windows(domain)))
                    .reduce(Scores.NONE, Scores::plus);
        }
    }

    private static Scores heldOut(LocalTeacher teacher, LocalStudent student, TokenBatch windows) {
        try (TeacherSignal signal = teacher.forward(windows)) {
            return student.score(windows, signal).stream().reduce(Scores.NONE, Scores::plus);
        }
    }

    private static String row(String loss, List<Scores> scores) {
        return "| %s | %s | %s | %s |"
                .formatted(
                        loss,
                        withSpread(scores, "%.4f", Scores::kl),
                        withSpread(scores, "%.4f", Scores::loss),
                        withSpread(scores, "%.2f", s -> 100 * s.top1Agreement()));
    }

    /** Mean and half the range. */
    private static String withSpread(List<Scores> scores, String format, ToDoubleFunction<Scores> of) {
        double least = scores.stream().mapToDouble(of).min().orElseThrow();
        double most = scores.stream().mapToDouble(of).max().orElseThrow();
        return format.formatted(mean(scores, of)) + " ± " + format.formatted((most - least) / 2);
    }

    private static double mean(List<Scores> scores, ToDoubleFunction<Scores> of) {
        return scores.stream().mapToDouble(of).average().orElseThrow();
    }
}
