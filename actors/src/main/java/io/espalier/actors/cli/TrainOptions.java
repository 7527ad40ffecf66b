package io.espalier.actors.cli;

import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.program.Text;
import io.espalier.gpu.Refused;
import io.espalier.gpu.train.LearningRate;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of the length and the speed of training. */
@Command(optionListHeading = "Training")
final class TrainOptions {
    @Mixin
    private OptimizerOptions optimizer;

    @Option(
            names = "--data",
            required = true,
            arity = "1..*",
            paramLabel = "FILE",
            description = "Training text: " + ReadOptions.FORMATS + ".")
    List<Path> data;

    @Option(
            names = "--data-weight",
            paramLabel = "GLOB=W",
            description = "Draw files by weight instead of size: those whose name or path matches GLOB together give W"
                    + " of the sum of all weights, and begin anew when read to their end. Every file must match one."
                    + " Repeatable.")
    private Map<String, Double> weights = new LinkedHashMap<>();

    @Option(names = "--steps", description = "Optimiser steps.")
    private long steps;

    @Option(
            names = "--max-tokens",
            description =
                    "Tokens that are read at most: fewer steps are made where --steps would read more (default: no"
                            + " limit).")
    private Long maxTokens;

    @Option(names = "--learning-rate", paramLabel = "LR", description = "Peak of the learning rate.")
    double learningRate;

    @Option(
            names = "--decay",
            paramLabel = "FORM",
            description =
                    "Course of the learning rate from its peak to the end: cosine, linear, constant, or wsd, which"
                            + " stays at the peak until --decay-steps before the end.")
    LearningRate.Decay decay;

    @Option(
            names = "--decay-steps",
            description = "Steps of the final decay of --decay wsd (default: a fifth of --steps).")
    Long decaySteps;

    @Option(
            names = "--min-learning-rate",
            paramLabel = "LR",
            description = "Learning rate at the end of the decay (default: a tenth of the peak).")
    Double minLearningRate;

    @Option(names = "--warmup", description = "Steps of linear warm-up (default: a twentieth of --steps).")
    Long warmup;

    @Option(
            names = "--max-skipped",
            description =
                    "Global batches in a row whose loss or gradient is not finite, which are passed over and written"
                            + " to quarantine.jsonl, before the run gives up.")
    int maxSkipped;

    @Option(
            names = "--recompute",
            description = "Keep the inputs of the student's layers alone and run each again for its gradient: less"
                    + " memory, a third more arithmetic, the same numbers.")
    boolean recompute;

    @Option(names = "--log-every", description = "Steps between two lines of progress.")
    long logEvery;

    List<Text.Weight> weights() {
        return weights.entrySet().stream()
                .map(weight -> new Text.Weight(weight.getKey(), weight.getValue()))
                .toList();
    }

    /** Whole steps within the budget of tokens. */
    long steps(TextOptions text) {
        long tokensPerStep = (long) optimizer.globalBatch(text) * text.seqLength;
        if (maxTokens != null && maxTokens < tokensPerStep) {
            throw Refused.usage("--max-tokens", maxTokens, "must allow a step, which reads " + tokensPerStep);
        }
        return maxTokens == null ? steps : Math.min(steps, maxTokens / tokensPerStep);
    }

    TrainRequest.Schedule schedule(TextOptions text) {
        long course = steps(text);
        return new TrainRequest.Schedule(
                optimizer.globalBatch(text),
                decay,
                learningRate,
                minLearningRate == null ? learningRate / 10 : minLearningRate,
                warmup == null ? course / 20 : warmup,
                decaySteps == null ? course / 5 : decaySteps,
                optimizer.adam(),
                optimizer.frozen(),
                maxSkipped);
    }
}
