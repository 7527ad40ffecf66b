package io.espalier.actors.quickstart;

import io.espalier.actors.job.TrainRequest;
import io.espalier.streams.source.ReadSettings;
import java.nio.file.Path;

/**
 * The sizes of a quickstart.
 *
 * @param documents training documents of each domain
 * @param vocabSize ids of its own tokenizer
 * @param teacherSteps optimiser steps of its own teacher
 * @param steps optimiser steps of each student
 * @param samples calibration rows
 */
public record QuickstartSettings(
        Path out,
        int documents,
        int vocabSize,
        long teacherSteps,
        double teacherLearningRate,
        long steps,
        double learningRate,
        long samples,
        int seqLength,
        int batch,
        ReadSettings reading,
        int shuffleWindow,
        int parallelism,
        long seed,
        long logEvery) {
    private static final double BETA1 = 0.9;
    private static final double BETA2 = 0.95;
    private static final double EPS = 1e-8;
    private static final double WEIGHT_DECAY = 0.1;
    private static final double CLIP = 1.0;

    TrainRequest.Schedule schedule(double peak, long runSteps) {
        return TrainRequest.Schedule.cosine(batch, peak, runSteps, BETA1, BETA2, EPS, WEIGHT_DECAY, CLIP);
    }
}
