package io.espalier.actors.cli;

import io.espalier.actors.continual.LiveText;
import io.espalier.actors.job.TrainRequest;
import io.espalier.gpu.train.LearningRate;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options by which a student is kept learning. */
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
            description = "After the warm-up, until it is set at run time (default: ${DEFAULT-VALUE}).")
    private double learningRate;

    @Option(names = "--warmup", paramLabel = "N", description = "Steps of linear warm-up (default: ${DEFAULT-VALUE}).")
    private long warmup;

    @Option(
            names = "--max-skipped",
            paramLabel = "N",
            description = "Global batches in a row whose loss or gradient is not finite, which are passed over and"
                    + " written to quarantine.jsonl, before the student takes the published weights again"
                    + " (default: ${DEFAULT-VALUE}).")
    private int maxSkipped;

    @Option(
            names = "--recompute",
            description = "Keep the inputs of the student's layers alone and run each again for its gradient: less"
                    + " memory, a third more arithmetic, the same numbers.")
    boolean recompute;

    @Option(
            names = "--max-steps",
            paramLabel = "N",
            description = "Park the run after so many steps in all; 0: never (default: ${DEFAULT-VALUE}).")
    long maxSteps;

    @Option(names = "--log-every", paramLabel = "N", description = "Steps between lines (default: ${DEFAULT-VALUE}).")
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
