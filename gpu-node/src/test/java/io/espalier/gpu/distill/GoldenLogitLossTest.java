package io.espalier.gpu.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Shared;
import io.espalier.gpu.Vectors;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.distill.LogitLoss.TopK.Rest;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/**
 * Every loss on logits agrees with its original in value (relative 1e-5; 1e-4 on extreme logits) and gradient (absolute
 * 1e-6, plus as much of what float32 can tell). The head is the identity, so that hidden states are logits.
 */
@Tag("golden")
@Timeout(60)
class GoldenLogitLossTest {
    private static final int[] CHUNKS = {3, 1000};
    private static final Pattern TEMPERATURE = Pattern.compile("\\.T(\\d+(?:\\.\\d+)?)(?:\\.|$)");

    private Path folder;
    private JsonNode losses;
    private SafetensorsFile inputs;
    private SafetensorsFile vectors;
    private Torch torch;

    @BeforeEach
    void open() throws IOException {
        folder = Shared.require("golden/distill");
        losses = new ObjectMapper()
                .readTree(folder.resolve("expected.json").toFile())
                .at("/losses");
        inputs = SafetensorsFile.open(folder.resolve("inputs.safetensors"));
        vectors = SafetensorsFile.open(folder.resolve("expected.safetensors"));
        torch = Torch.open("cpu", Dtype.F32, 1);
    }

    @AfterEach
    void close() {
        torch.close();
        vectors.close();
        inputs.close();
    }

    @TestFactory
    Stream<DynamicTest> everyLossOnLogitsAgreesInValueAndGradient() {
        List<DynamicTest> tests = new ArrayList<>();
        losses.fieldNames().forEachRemaining(name -> {
            // Feature losses have gradients by hidden states, too.
            List<String> by = new ArrayList<>();
            losses.get(name).get("grads").fieldNames().forEachRemaining(by::add);
            if (by.stream().allMatch(input -> input.endsWith("student_logits")) && !isLeftOut(name)) {
                tests.add(DynamicTest.dynamicTest(name, () -> agrees(name)));
            }
        });
        assertThat(tests).hasSizeGreaterThan(30);
        return tests.stream();
    }

    /** Top-k logits stored at T = 1 and tempered afterwards, and a corrected teacher: formats and methods we do not have. */
    private static boolean isLeftOut(String name) {
        return name.contains("tail_stored") || name.startsWith("modelopt_mft");
    }

    /** A case as we would compute it: the mix, what its value and gradient are divided by, and a constant to add. */
    private record Case(LossMix mix, String mask, double divisor, double constant) {}

    private void agrees(String name) {
        boolean extreme = name.startsWith("extreme.");
        String prefix = extreme ? "extreme_" : "";
        Case expected = expected(name);
        JsonNode golden = losses.get(name);
        double value = golden.get("value").asDouble();
        float[] gradient = Vectors.floats(
                vectors, golden.get("grads").get(prefix + "student_logits").asText());
        for (int rows : CHUNKS) {
            try (Scope scope = torch.inference()) {
                Computed computed = compute(scope, prefix, expected.mix, expected.mask, rows);
                double tolerance = Math.abs(value) * (extreme ? 1e-4 : 1e-5);
                assertThat(computed.sum / expected.divisor + expected.constant).isCloseTo(value, within(tolerance));
                for (int i = 0; i < gradient.length; i++) {
                    assertThat(computed.gradient[i] / expected.divisor)
                            .as("gradient[%d]", i)
                            .isCloseTo(gradient[i], within(1e-6 + 1e-5 * Math.abs(gradient[i])));
                }
            }
        }
    }

    private record Computed(double sum, float[] gradient) {}

    private Computed compute(Scope scope, String prefix, LossMix mix, String maskName, int rows) {
        long[] shape = Vectors.shape(inputs, prefix + "student_logits");
        int vocabulary = (int) shape[shape.length - 1];
        float[] logits = Vectors.floats(inputs, prefix + "student_logits");
        int tokens = logits.length / vocabulary;
        NDArray student = scope.floats(logits, tokens, vocabulary);
        NDArray teacher = scope.floats(Vectors.floats(inputs, prefix + "teacher_logits"), tokens, vocabulary);
        float[] ones = new float[tokens];
        Arrays.fill(ones, 1);
        NDArray mask = scope.floats(maskName == null ? ones : Vectors.floats(inputs, maskName), tokens);
        NDArray identity = scope.manager().eye(vocabulary);
        NDArray headGradient = scope.manager().zeros(identity.getShape());
        NDArray targets = prefix.isEmpty()
                ? scope.ids(
                                Arrays.stream(Vectors.longs(inputs, "labels"))
                                        .map(label -> Math.max(0, label))
                                        .toArray(),
                                tokens)
                        .reshape(tokens)
                : null;
        ChunkedHead head = new ChunkedHead((long) rows * vocabulary * Float.BYTES);
        ChunkedHead.Outcome outcome = head.loss(
                scope, mix, student, identity, new ChunkedHead.Side(teacher, identity), targets, mask, headGradient);
        float[] byHand = outcome.hiddenGradient().transpose().matMul(student).toFloatArray();
        float[] actual = headGradient.toFloatArray();
        for (int i = 0; i < byHand.length; i++) {
            assertThat(actual[i]).isCloseTo(byHand[i], within(1e-4f + 1e-4f * Math.abs(byHand[i])));
        }
        return new Computed(outcome.sum(), outcome.hiddenGradient().toFloatArray());
    }

    /** Reads a case's name: family, parameters, temperature, reduction. */
    private Case expected(String name) {
        double t = temperature(name);
        boolean squared = name.startsWith("modelopt_logits_kd") || name.startsWith("mix_static");
        double noSquare = squared ? 1 : t * t;
        double count = count();
        if (name.contains("reduction_") || name.contains("no_labels") || name.startsWith("extreme")) {
            return new Case(mix(name, t), null, noSquare * unmaskedDivisor(name), 0);
        }
        double divisor = name.endsWith("masked_sum") ? 1 : count;
        return new Case(mix(name, t), "loss_mask", divisor * noSquare, constant(name));
    }

    /** A case of no temperature in its name is of 1. */
    private static double temperature(String name) {
        Matcher named = TEMPERATURE.matcher(name);
        return named.find() ? Double.parseDouble(named.group(1)) : 1;
    }

    private double count() {
        float[] mask = Vectors.floats(inputs, "loss_mask");
        return IntStream.range(0, mask.length).mapToDouble(i -> mask[i]).sum();
    }

    private double unmaskedDivisor(String name) {
        long[] shape = Vectors.shape(inputs, (name.startsWith("extreme") ? "extreme_" : "") + "student_logits");
        long vocabulary = shape[shape.length - 1];
        double elements = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return name.endsWith("reduction_sum")
                ? 1
                : name.endsWith("reduction_mean")
                        ? elements
                        : name.endsWith("batchmean") ? shape[0] : elements / vocabulary;
    }

    /** Some drop the teacher's entropy from the divergence, and count it in. */
    private double constant(String name) {
        return switch (name.replaceAll("\\..*", "")) {
            case "distillm_forward_kl", "distillm_skewed_forward_kl" -> entropy();
            case "distillm_symmetric_kl" -> (1 - number(name, "lam")) * entropy();
            case "mix_megatron" -> 0;
            default -> 0;
        };
    }

    private double entropy() {
        int vocabulary = (int) Vectors.shape(inputs, "teacher_logits")[2];
        float[] logits = Vectors.floats(inputs, "teacher_logits");
        float[] mask = Vectors.floats(inputs, "loss_mask");
        double sum = 0;
        for (int n = 0; n < mask.length; n++) {
            double z = 0;
            double expected = 0;
            for (int v = 0; v < vocabulary; v++) {
                z += Math.exp(logits[n * vocabulary + v]);
            }
            for (int v = 0; v < vocabulary; v++) {
                expected += Math.exp(logits[n * vocabulary + v]) / z * logits[n * vocabulary + v];
            }
            sum += mask[n] * (Math.log(z) - expected);
        }
        return sum / count();
    }

    private LossMix mix(String name, double t) {
        String family = name.startsWith("extreme.") ? name.substring(8) : name;
        String kind = family.replaceAll("\\..*", "");
        return switch (kind) {
            case "modelopt_logits_kd", "megatron_logits_kl", "forward_kl", "distillm_forward_kl" ->
                one(new LogitLoss.ForwardKl(), t);
            case "reverse_kl" -> one(new LogitLoss.ReverseKl(), t);
            case "trl_gjsd", "gjsd0" -> one(jensenShannon(kind.equals("gjsd0") ? 0.5 : number(family, "beta")), t);
            case "distillm_js_distance" -> one(jensenShannon(1 - number(family, "lam")), t);
            case "skew_fkl", "distillm_skewed_forward_kl" -> one(new LogitLoss.SkewForwardKl(number(family, "lam")), t);
            case "skew_rkl" -> one(new LogitLoss.SkewReverseKl(number(family, "lam")), t);
            case "distillm_symmetric_kl" ->
                new LossMix(
                        List.of(
                                new LossMix.Part(new LogitLoss.ForwardKl(), 1 - number(family, "lam")),
                                new LossMix.Part(new LogitLoss.ReverseKl(), number(family, "lam"))),
                        t);
            case "tv_distance" -> one(new LogitLoss.TotalVariation(), t);
            case "cross_entropy" -> one(new LogitLoss.CrossEntropy(), t);
            case "mix_static" -> withCrossEntropy(number(family, "alpha"), 1 - number(family, "alpha"), t);
            case "mix_megatron" -> balanced(number(family, "kd_scale"));
            default -> one(topK(kind), t);
        };
    }

    private static LossMix one(LogitLoss loss, double t) {
        return new LossMix(List.of(new LossMix.Part(loss, 1)), t);
    }

    private static LossMix withCrossEntropy(double divergence, double crossEntropy, double t) {
        return new LossMix(
                List.of(
                        new LossMix.Part(new LogitLoss.ForwardKl(), divergence),
                        new LossMix.Part(new LogitLoss.CrossEntropy(), crossEntropy)),
                t);
    }

    /** CE + scale · KD · (CE / KD, as a constant): the weight is read off the two values. */
    private LossMix balanced(double scale) {
        double ratio = losses.at("/cross_entropy.masked_token_mean/value").asDouble()
                / losses.at("/megatron_logits_kl.T1.masked_token_mean/value").asDouble();
        return withCrossEntropy(scale * ratio, 1, 1);
    }

    private static LogitLoss jensenShannon(double beta) {
        return beta == 0
                ? new LogitLoss.ForwardKl()
                : beta == 1 ? new LogitLoss.ReverseKl() : new LogitLoss.JensenShannon(beta);
    }

    private static LogitLoss topK(String kind) {
        int k = Integer.parseInt(kind.replaceAll("topk(\\d+)_.*", "$1"));
        Rest rest =
                kind.endsWith("renorm_both") ? Rest.LEFT_OUT : kind.endsWith("renorm_teacher") ? Rest.ZERO : Rest.TAIL;
        return new LogitLoss.TopK(k, rest);
    }

    private static double number(String name, String key) {
        return Double.parseDouble(name.replaceAll(".*" + key + "(\\d+(?:\\.\\d+)?).*", "$1"));
    }

    /** [tokens, vocabulary]. */
    private NDArray logits(Scope scope, String name) {
        long vocabulary = Vectors.shape(inputs, name)[2];
        float[] values = Vectors.floats(inputs, name);
        return scope.floats(values, values.length / vocabulary, vocabulary);
    }

    @TestFactory
    Stream<DynamicTest> aTeacherThatIsTheStudentLeavesNothingToLearn() {
        return Stream.of(
                        new LogitLoss.ForwardKl(),
                        new LogitLoss.ReverseKl(),
                        new LogitLoss.JensenShannon(0.3),
                        new LogitLoss.SkewForwardKl(0.1),
                        new LogitLoss.SkewReverseKl(0.1),
                        new LogitLoss.TopK(5, Rest.TAIL),
                        new LogitLoss.TopK(5, Rest.LEFT_OUT),
                        new LogitLoss.TotalVariation())
                .map(loss -> DynamicTest.dynamicTest(loss.toString(), () -> {
                    try (Scope scope = torch.inference()) {
                        NDArray logits = logits(scope, "student_logits");
                        int tokens = (int) logits.getShape().get(0);
                        NDArray identity =
                                scope.manager().eye((int) logits.getShape().get(1));
                        NDArray mask = scope.manager().ones(new Shape(tokens));
                        ChunkedHead.Outcome outcome = new ChunkedHead(1 << 10)
                                .loss(
                                        scope,
                                        one(loss, 2),
                                        logits,
                                        identity,
                                        new ChunkedHead.Side(logits, identity),
                                        null,
                                        mask,
                                        scope.manager().zeros(identity.getShape()));
                        assertThat(outcome.sum() / tokens).isCloseTo(0, within(1e-6));
                        for (float slope : outcome.hiddenGradient().toFloatArray()) {
                            assertThat(slope).isCloseTo(0, within(1e-6f));
                        }
                    }
                }));
    }

    @Test
    void paddingOfTheStudentsVocabularyChangesNothing() {
        try (Scope scope = torch.inference()) {
            NDArray hidden = logits(scope, "student_logits");
            NDArray teacher = logits(scope, "teacher_logits");
            int tokens = (int) hidden.getShape().get(0);
            int vocabulary = (int) hidden.getShape().get(1);
            NDArray identity = scope.manager().eye(vocabulary);
            NDArray mask = scope.manager().ones(new Shape(tokens));
            NDArray targets = scope.ids(new long[tokens], tokens).reshape(tokens);
            // Two rows more, which would be likely tokens if they counted.
            NDArray padded = identity.concat(
                    scope.manager().ones(new Shape(2, vocabulary)).mul(5));
            NDArray plainGradient = scope.manager().zeros(identity.getShape());
            NDArray paddedGradient = scope.manager().zeros(padded.getShape());
            LossMix mix = withCrossEntropy(0.5, 0.5, 2);
            ChunkedHead chunks = new ChunkedHead(1 << 10);
            ChunkedHead.Side side = new ChunkedHead.Side(teacher, identity);
            ChunkedHead.Outcome plain = chunks.loss(scope, mix, hidden, identity, side, targets, mask, plainGradient);
            ChunkedHead.Outcome same = chunks.loss(scope, mix, hidden, padded, side, targets, mask, paddedGradient);
            assertThat(same.sum()).isEqualTo(plain.sum());
            assertThat(same.hiddenGradient().toFloatArray())
                    .isEqualTo(plain.hiddenGradient().toFloatArray());
            float[] head = paddedGradient.toFloatArray();
            assertThat(Arrays.copyOf(head, vocabulary * vocabulary)).isEqualTo(plainGradient.toFloatArray());
            assertThat(Arrays.copyOfRange(head, vocabulary * vocabulary, head.length))
                    .containsOnly(0f);
        }
    }
}
