package io.espalier.actors.report;

/**
 * The figures of an interval on live text that others do not have.
 *
 * @param dataWaitSeconds that the student waited for batches
 * @param teacherLoss its negative log-likelihood of what came, mean nats per target; NaN where nothing did
 * @param studentKl KL(teacher ‖ student) on it before it was learnt from, likewise
 */
public record LiveInterval(double dataWaitSeconds, double teacherLoss, double studentKl) {}
