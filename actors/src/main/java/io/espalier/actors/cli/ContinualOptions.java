package io.espalier.actors.cli;

import io.espalier.actors.continual.LiveText;
import io.espalier.actors.job.TrainRequest;
import io.espalier.gpu.train.LearningRate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options by which a student is kept learning. */
@Command(optionListHeading = "Training")
final class ContinualOptions {
    @Mixin
    private OptimizerOptions optimizer;

    @Option(
            names = "--live",
            required = true,
            paramLabel = "HOCON",
            description = "Where live text comes from, what is replayed, what counts as drift and what is published: a"
                    + " recipe's live section, as text or as @FILE.")
    private String live;

    @Option(
            names = "--learning-rate",
            paramLabel = "LR",
            description = "Learning rate after the warm-up, until it is set at run time.")
    private double learningRate;

    @Option(names = "--warmup", description = "Steps of linear warm-up.")
    private long warmup;

    @Option(
            names = "--max-skipped",
            description =
                    "Global batches in a row whose loss or gradient is not finite, which are passed over and written"
                            + " to quarantine.jsonl, before the student takes the published weights again.")
    private int maxSkipped;

    @Option(
            names = "--recompute",
            description = "Keep the inputs of the student's layers alone and run each again for its gradient: less"
                    + " memory, a third more arithmetic, the same numbers.")
    boolean recompute;

    @Option(names = "--max-steps", description = "Park the run after so many steps in all; 0: never.")
    long maxSteps;

    @Option(names = "--log-every", description = "Steps between two lines of progress.")
    long logEvery;

    LiveText live() {
        return new LiveText(live);
    }

    TrainRequest.Schedule schedule(TextOptions text) {
        return new TrainRequest.Schedule(
                optimizer.globalBatch(text),
                LearningRate.Decay.CONSTANT,
                learningRate,
                learningRate,
                warmup,
                0,
                optimizer.adam(),
                optimizer.frozen(),
                maxSkipped);
    }
}
