package io.espalier.actors.pruning;

import io.espalier.actors.choices.ChoicePrompt;
import io.espalier.actors.choices.Question;
import io.espalier.actors.job.TrainRequest;
import io.espalier.gpu.Refused;
import io.espalier.streams.batch.BatchSettings;
import java.util.List;

/**
 * The way in which candidates are compared.
 *
 * @param heldOut text that nothing is calibrated or trained on; null where only questions are asked
 * @param rows of it at most
 * @param questions empty where only text is scored
 * @param by what decides
 * @param halving null where zero-shot scores decide
 */
public record Comparison(
        BatchSettings heldOut,
        long rows,
        List<Question> questions,
        ChoicePrompt prompt,
        ScoreKind by,
        Halving halving) {
    /**
     * Training between comparisons.
     *
     * @param steps of the first round; doubles each round
     */
    public record Halving(long steps, TrainRequest.Schedule schedule) {
        public Halving {
            if (steps < 1) {
                throw Refused.usage("--halving", steps, "must be at least 1");
            }
        }
    }

    public Comparison {
        questions = List.copyOf(questions);
        if (rows < 1) {
            throw Refused.usage("--heldout-samples", rows, "must be at least 1");
        }
        boolean enough = by == ScoreKind.CHOICES ? !questions.isEmpty() : heldOut != null;
        if (!enough) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    by == ScoreKind.CHOICES
                            ? "--choices: names the questions that --score choices compares candidates by"
                            : "--heldout: names the text that candidates are compared on");
        }
    }
}
