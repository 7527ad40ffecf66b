package io.espalier.actors.quickstart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether the run showed what it should: a teacher that has learnt, and for each shape a distilled student at most half
 * as far from it as the pruned one, and nearer than training on the text alone came.
 *
 * @param failures empty when all holds
 */
record Verdict(List<String> failures) {
    private static final double TEACHER_MARGIN_NATS = 1.0;
    private static final double KL_SHARE = 0.5;

    /** The three models of one shape. */
    record Shape(String name, Result pruned, Result crossEntropy, Result distilled) {}

    /** @param unigramLoss nats per token of a unigram model on the same text; NaN for a teacher that was given */
    static Verdict of(Result teacher, double unigramLoss, List<Shape> shapes) {
        List<String> failures = new ArrayList<>();
        double loss = teacher.scores().loss();
        if (unigramLoss - loss < TEACHER_MARGIN_NATS) {
            failures.add(String.format(
                    Locale.ROOT,
                    "the teacher's loss %.3f is not %.1f nat below the unigram model's %.3f",
                    loss,
                    TEACHER_MARGIN_NATS,
                    unigramLoss));
        }
        for (Shape shape : shapes) {
            double pruned = shape.pruned().scores().kl();
            double trained = shape.crossEntropy().scores().kl();
            double distilled = shape.distilled().scores().kl();
            if (distilled > KL_SHARE * pruned) {
                failures.add(String.format(
                        Locale.ROOT,
                        "%s: the distilled KL %.4f is above half the pruned KL %.4f",
                        shape.name(),
                        distilled,
                        pruned));
            }
            if (distilled >= trained) {
                failures.add(String.format(
                        Locale.ROOT,
                        "%s: the distilled KL %.4f is not below the %.4f of cross entropy alone",
                        shape.name(),
                        distilled,
                        trained));
            }
        }
        return new Verdict(List.copyOf(failures));
    }

    boolean passed() {
        return failures.isEmpty();
    }
}
