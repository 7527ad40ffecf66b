package io.espalier.actors.cli;

import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.pruning.Comparison;
import io.espalier.actors.pruning.ScoreKind;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of the comparison of candidates. */
@Command(optionListHeading = "Comparison of candidates")
final class ComparisonOptions {
    @Mixin
    private ChoiceOptions choices;

    @Option(
            names = "--heldout",
            arity = "1..*",
            paramLabel = "FILE",
            description = "Text on which candidates are compared with the original: no calibration text.")
    private List<Path> heldOut;

    @Option(names = "--heldout-samples", description = "Rows of --heldout that are used.")
    private long rows;

    @Option(
            names = "--score",
            paramLabel = "BY",
            description = "Score that decides between candidates: kl to the original, loss, or choices.")
    private ScoreKind by;

    @Option(
            names = "--halving",
            paramLabel = "STEPS",
            description = "Distil each candidate this many steps on the calibration text, drop the worse half, and go"
                    + " on with twice the steps until one is left.")
    private Long halving;

    @Option(names = "--learning-rate", paramLabel = "LR", description = "Peak learning rate of --halving.")
    private double learningRate;

    /** Null where nothing is to be compared with. */
    Comparison settings(TextOptions text, int vocabSize) {
        if (heldOut == null && !choices.named()) {
            return null;
        }
        return new Comparison(
                heldOut == null ? null : text.settings(heldOut, vocabSize),
                rows,
                choices.questions(),
                choices.prompt(),
                by,
                halving == null ? null : new Comparison.Halving(halving, schedule(text.batch)));
    }

    private TrainRequest.Schedule schedule(int batch) {
        return TrainRequest.Schedule.cosine(batch, learningRate, halving, OptimizerOptions.usual());
    }
}
