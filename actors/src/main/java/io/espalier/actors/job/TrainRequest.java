package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import io.espalier.gpu.train.LearningRate;
import io.espalier.gpu.train.OptimizerSettings;
import io.espalier.streams.batch.BatchSettings;
import java.nio.file.Path;

/**
 * A model to train.
 *
 * @param start where the weights come from
 * @param teacher model directory, or null for cross entropy
 * @param text training text
 * @param compute where and how
 * @param steps optimiser steps
 * @param schedule how the optimiser moves
 * @param out where the trained model goes
 * @param maxShardBytes tensor bytes of one file
 */
public record TrainRequest(
        Start start,
        Path teacher,
        BatchSettings text,
        ComputeSettings compute,
        long steps,
        Schedule schedule,
        Path out,
        long maxShardBytes) {
    /** Where a student's weights come from; {@code directory} holds its tokenizer. */
    public sealed interface Start {
        Path directory();

        /** A stored model. */
        record Stored(Path directory) implements Start {}

        /** A new architecture with random weights. */
        record Random(Path directory, Path config, long seed) implements Start {}
    }

    /**
     * The optimiser's course.
     *
     * @param globalBatch rows of one optimiser step
     * @param warmup steps of linear warm-up
     */
    public record Schedule(
            int globalBatch,
            double learningRate,
            double minLearningRate,
            long warmup,
            double beta1,
            double beta2,
            double eps,
            double weightDecay,
            double clip) {}

    public TrainRequest {
        if (steps < 1) {
            throw Refused.usage("--steps", steps, "must be at least 1");
        }
        if (schedule.globalBatch() < text.rows() || schedule.globalBatch() % text.rows() != 0) {
            throw Refused.usage(
                    "--global-batch", schedule.globalBatch(), "must be a multiple of --batch " + text.rows());
        }
        if (!(schedule.learningRate() > 0) || !(schedule.minLearningRate() >= 0)) {
            throw Refused.usage("--learning-rate", schedule.learningRate(), "must be above 0, its minimum not below");
        }
        if (schedule.warmup() < 0 || schedule.warmup() > steps) {
            throw Refused.usage("--warmup", schedule.warmup(), "must be from 0 to --steps " + steps);
        }
    }

    /** Micro-batches of one optimiser step. */
    public int accumulation() {
        return schedule.globalBatch() / text.rows();
    }

    OptimizerSettings optimizer() {
        return new OptimizerSettings(
                LearningRate.cosine(schedule.learningRate(), schedule.minLearningRate(), schedule.warmup(), steps),
                schedule.beta1(),
                schedule.beta2(),
                schedule.eps(),
                schedule.weightDecay(),
                false,
                schedule.clip(),
                accumulation());
    }
}
