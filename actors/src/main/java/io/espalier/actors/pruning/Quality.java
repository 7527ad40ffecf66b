package io.espalier.actors.pruning;

import io.espalier.actors.choices.Accuracy;
import io.espalier.gpu.eval.Scores;

/**
 * The scores of a model.
 *
 * @param text scores on held-out text; none counted where there is no such text
 * @param choices none asked where there are no questions
 */
public record Quality(Scores text, Accuracy choices) {
    /** The score that decides: the higher the better. */
    double by(ScoreKind kind) {
        return switch (kind) {
            case KL -> -text.kl();
            case LOSS -> -text.loss();
            case CHOICES -> choices.share();
        };
    }
}
