package io.espalier.actors.protocol;

/**
 * The progress of a student.
 *
 * @param step global batches seen; rows, of a calibration
 * @param steps of the whole job
 * @param loss mean nats per target since it was last told; NaN where nothing is learnt
 * @param tokensPerSecond since then
 * @param batchesAnswered batches that teachers have answered in this process
 * @param batchesAskedAgain of them, those that were asked for more than once
 */
public record JobProgress(
        long step, long steps, double loss, double tokensPerSecond, long batchesAnswered, long batchesAskedAgain) {}
