package io.espalier.actors.tasks;

import java.util.List;

/**
 * An answer to one question of a benchmark.
 *
 * @param where file and row of the question
 * @param gold number of the right choice
 * @param logLikelihoods of each choice, nats; empty where the model has written
 * @param written text; null where the model has chosen
 * @param verdicts whether it is right, in the order of the part's measures
 * @param truncated whether the beginning of the prompt did not fit the model
 */
record Answered(
        String where,
        int gold,
        List<Double> logLikelihoods,
        String written,
        List<Boolean> verdicts,
        boolean truncated) {}
