package io.espalier.actors.quickstart;

import io.espalier.actors.job.TrainRequest;
import io.espalier.gpu.train.Adam;
import io.espalier.streams.batch.DocumentAttention;
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
        Adam adam,
        long samples,
        int seqLength,
        int batch,
        ReadSettings reading,
        int shuffleWindow,
        DocumentAttention documentAttention,
        int parallelism,
        long seed,
        long logEvery) {
    TrainRequest.Schedule schedule(double peak, long runSteps) {
        return TrainRequest.Schedule.cosine(batch, peak, runSteps, adam);
    }
}
