/**
 * Runs over ranks, from start to saved weights. {@link io.espalier.actors.job.Training} turns a request into a {@link
 * io.espalier.actors.job.TrainingRun}, which blocks its caller; {@link io.espalier.actors.job.RunActor} holds the run's
 * state and does one thing at a time to the student: a step, or the work between two steps that a {@link
 * io.espalier.actors.job.BetweenSteps} says. {@link io.espalier.actors.job.RunPlace} is its actor system and ranks, own
 * ones or a node's, and {@link io.espalier.actors.job.RunDirectory} the checkpoints.
 */
package io.espalier.actors.job;
