package io.espalier.actors.job;

import io.espalier.gpu.Compared;
import io.espalier.gpu.Compared.When;
import io.espalier.gpu.Refused;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.Frozen;
import io.espalier.gpu.train.LearningRate;
import io.espalier.gpu.train.OptimizerSettings;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.DocumentAttention;
import io.espalier.streams.source.HeldOutText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model to train. The settings that decide what is computed are compared when a run is taken up again, see {@link
 * RunSettings}.
 *
 * @param start where the weights come from
 * @param teacher model directory, or null where the loss needs none
 * @param loss what is made small
 * @param features what is learnt of the teacher's hidden states besides
 * @param text training text
 * @param compute where and how
 * @param steps optimiser steps
 * @param schedule how the optimiser moves
 * @param validation how it is watched
 * @param checkpoints how the run can be taken up again
 * @param economy what memory and time are saved by
 * @param out where the trained model goes
 * @param maxShardBytes tensor bytes of one file
 */
public record TrainRequest(
        @Compared(as = "student") Start start,
        @Compared(When.ON_STORED_TEXT) Path teacher,
        LossMix loss,
        @Compared(as = "hidden-loss") Features features,
        BatchSettings text,
        ComputeSettings compute,
        @Compared(When.ON_STORED_TEXT) long steps,
        Schedule schedule,
        @Compared(When.NEVER) Validation validation,
        @Compared(When.NEVER) Checkpointing checkpoints,
        @Compared(When.NEVER) Economy economy,
        @Compared(When.NEVER) Path out,
        @Compared(When.NEVER) long maxShardBytes) {
    /** The origin of a student's weights; {@code directory} holds its tokenizer. */
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
     * @param decay how the learning rate falls
     * @param warmup steps of linear warm-up
     * @param decaySteps of {@link LearningRate.Decay#WSD}
     * @param maxSkipped global batches in a row that may be passed over as non-finite before the run gives up
     */
    public record Schedule(
            int globalBatch,
            @Compared(When.ON_STORED_TEXT) LearningRate.Decay decay,
            @Compared(When.ON_STORED_TEXT) double learningRate,
            @Compared(When.ON_STORED_TEXT) double minLearningRate,
            @Compared(When.ON_STORED_TEXT) long warmup,
            @Compared(When.ON_STORED_TEXT) long decaySteps,
            Adam adam,
            Frozen frozen,
            @Compared(When.NEVER) int maxSkipped) {
        private static final int MAX_SKIPPED = 5;

        /** The usual course: one micro-batch a step, a twentieth of warm-up, a cosine to a tenth, all that moves. */
        public static Schedule cosine(int rows, double learningRate, long steps, Adam adam) {
            return new Schedule(
                    rows,
                    LearningRate.Decay.COSINE,
                    learningRate,
                    learningRate / 10,
                    steps / 20,
                    0,
                    adam,
                    Frozen.NONE,
                    MAX_SKIPPED);
        }
    }

    public TrainRequest {
        if (validation.text() != null) {
            HeldOutText.requireApart(text.files(), validation.text().files());
        }
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
        if (loss.needsTeacher() != (teacher != null)) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    teacher == null
                            ? "--loss: " + loss.labels() + " needs a teacher"
                            : "--loss: " + loss.labels() + " learns nothing from a teacher: train does without");
        }
        if (features.kind() != null && teacher == null) {
            throw new Refused(Refused.Reason.USAGE, "--hidden-loss: needs a teacher");
        }
        if (schedule.maxSkipped() < 1) {
            throw Refused.usage("--max-skipped", schedule.maxSkipped(), "must be at least 1");
        }
        if (schedule.decaySteps() < 0 || schedule.decaySteps() > steps) {
            throw Refused.usage("--decay-steps", schedule.decaySteps(), "must be from 0 to --steps " + steps);
        }
        if (schedule.warmup() < 0 || schedule.warmup() > steps) {
            throw Refused.usage("--warmup", schedule.warmup(), "must be from 0 to --steps " + steps);
        }
    }

    /** Names of the parts of the loss, in the order of a report's values. */
    public List<String> losses() {
        List<String> labels = new ArrayList<>(loss.labels());
        if (features.kind() != null) {
            labels.add("hidden");
        }
        return labels;
    }

    /** The same request, going on from the newest checkpoint where there is one. */
    public TrainRequest resuming() {
        Checkpointing again = new Checkpointing(checkpoints.every(), checkpoints.keep(), true, checkpoints.override());
        return with(compute, again);
    }

    /** The same request with other settings of computing. */
    public TrainRequest on(ComputeSettings there) {
        return with(there, checkpoints);
    }

    /** The same request with documents that share a row seeing each other, or not. */
    public TrainRequest with(DocumentAttention documents) {
        return with(text.with(documents), validation.with(documents), compute, checkpoints);
    }

    private TrainRequest with(ComputeSettings there, Checkpointing again) {
        return with(text, validation, there, again);
    }

    private TrainRequest with(BatchSettings cut, Validation watched, ComputeSettings there, Checkpointing again) {
        return new TrainRequest(
                start,
                teacher,
                loss,
                features,
                cut,
                there,
                steps,
                schedule,
                watched,
                again,
                economy,
                out,
                maxShardBytes);
    }

    /** Micro-batches of one optimiser step. */
    public int accumulation() {
        return schedule.globalBatch() / text.rows();
    }

    public OptimizerSettings optimizer() {
        return new OptimizerSettings(
                LearningRate.of(
                        schedule.decay(),
                        schedule.learningRate(),
                        schedule.minLearningRate(),
                        schedule.warmup(),
                        steps,
                        schedule.decaySteps()),
                schedule.adam(),
                false,
                accumulation(),
                schedule.frozen());
    }
}
