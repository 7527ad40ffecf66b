package io.espalier.gpu.train;

/**
 * What one micro-batch did to the student. Plain numbers: no tensor leaves a step.
 *
 * @param sequence number of the batch
 * @param step optimiser steps taken so far, this one included
 * @param stepped whether this micro-batch completed a global batch, so that the optimiser moved
 * @param loss mean loss per target in nats over the global batch so far (complete when {@code stepped})
 * @param gradNorm global L2 norm of the gradient before clipping; NaN unless {@code stepped}
 * @param learningRate the rate used; NaN unless {@code stepped}
 * @param targets target tokens of this micro-batch that counted
 */
public record StepReport(
        long sequence, long step, boolean stepped, double loss, double gradNorm, double learningRate, int targets) {}
