/**
 * The coordinator of jobs. {@link io.espalier.actors.job.coordinator.JobCoordinator} is the actor, a singleton of the
 * cluster; it owns a {@code JobDesk}, which takes in one message after another without threads or clocks. {@code
 * JobLog} is what has happened to a job, {@code JobRules} say what may happen next, and the journal must have it before
 * anybody is answered.
 */
package io.espalier.actors.job.coordinator;
