package io.espalier.gpu.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.model.Documents;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Attention relations against their definition in doubles, and their gradient against finite differences of it. */
@Timeout(60)
class AttentionRelationTest {
    private static final int ROWS = 2;
    private static final int LENGTH = 5;
    private static final int HEADS = 2;
    private static final int STUDENT = 6;
    private static final int TEACHER = 10;
    private static final Place PLACE = new Place(Site.O_PROJ_INPUT, 0);

    private final float[] student = random(ROWS * LENGTH * STUDENT, 1);
    private final float[] teacher = random(ROWS * LENGTH * TEACHER, 2);
    private final float[] mask = {1, 1, 0, 1, 1, 1, 0, 1, 1, 1};

    private static float[] random(int n, long seed) {
        Random random = new Random(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void valueAndGradientAreThoseOfTheDefinition() {
        try (Torch torch = Torch.open("cpu", Dtype.F32, 1);
                Scope scope = torch.recording()) {
            NDArray x = scope.floats(student, ROWS, LENGTH, STUDENT);
            x.setRequiresGradient(true);
            NDArray t = scope.floats(teacher, ROWS * LENGTH, TEACHER);
            FeatureLoss.Pair pair =
                    new FeatureLoss.Pair(FeatureLoss.Kind.ATTENTION_RELATION, PLACE, PLACE, null, HEADS);
            FeatureStates states = new FeatureStates(
                    new FeatureLoss(List.of(pair), 1, false, List.of()), scope, Documents.whole(1, 1));
            states.see(PLACE.site(), PLACE.layer(), x);
            NDArray sum =
                    states.sum(torch, Map.of(PLACE, t), _ -> null, scope.floats(mask, mask.length), scope.sums(1));
            double expected = defined(student);
            assertThat(expected).isPositive();
            assertThat((double) sum.getFloat()).isCloseTo(expected, within(1e-5 * expected));
            scope.backward(sum, scope.manager().ones(sum.getShape()));
            float[] gradient = x.getGradient().toFloatArray();
            for (int i = 0; i < student.length; i++) {
                assertThat((double) gradient[i]).as("gradient[%d]", i).isCloseTo(slope(i), within(2e-4));
            }
        }
    }

    private double slope(int i) {
        float[] up = student.clone();
        float[] down = student.clone();
        up[i] += 1e-3f;
        down[i] -= 1e-3f;
        return (defined(up) - defined(down)) / ((double) up[i] - down[i]);
    }

    /** Mean over heads of KL(teacher's relation || student's), over positions that count. */
    private double defined(float[] x) {
        double sum = 0;
        for (int row = 0; row < ROWS; row++) {
            for (int head = 0; head < HEADS; head++) {
                for (int i = 0; i < LENGTH; i++) {
                    double[] p = relation(teacher, TEACHER, row, head, i);
                    double[] q = relation(x, STUDENT, row, head, i);
                    for (int j = 0; j <= i; j++) {
                        sum += mask[row * LENGTH + i] * p[j] * Math.log(p[j] / q[j]) / HEADS;
                    }
                }
            }
        }
        return sum;
    }

    /** Softmax over positions 0 to i of the products with position i, by the root of the head's width. */
    private static double[] relation(float[] x, int width, int row, int head, int i) {
        int size = width / HEADS;
        double[] p = new double[i + 1];
        double z = 0;
        for (int j = 0; j <= i; j++) {
            double product = 0;
            for (int c = head * size; c < (head + 1) * size; c++) {
                product += (double) x[(row * LENGTH + i) * width + c] * x[(row * LENGTH + j) * width + c];
            }
            p[j] = Math.exp(product / Math.sqrt(size));
            z += p[j];
        }
        for (int j = 0; j <= i; j++) {
            p[j] /= z;
        }
        return p;
    }
}
