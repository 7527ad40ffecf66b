/**
 * The coordinator of jobs: {@code JobLog} is what has happened to a job, {@code JobRules} says what may happen next,
 * {@code JobDesk} puts both to use, and {@code JobCoordinator} is the actor around it.
 */
package io.espalier.actors.job.coordinator;
