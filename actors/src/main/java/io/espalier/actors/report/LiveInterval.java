package io.espalier.actors.report;

/**
 * What an interval tells of live text besides.
 *
 * @param dataWaitSeconds that the student waited for batches
 * @param teacherLoss its negative log-likelihood of what came, mean nats per target; NaN where nothing did
 * @param studentKl KL(teacher ‖ student) on it before it was learnt from, likewise
 */
public record LiveInterval(double dataWaitSeconds, double teacherLoss, double studentKl) {}
