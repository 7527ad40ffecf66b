/**
 * Learning without end from live text. {@link io.espalier.actors.continual.ContinualRun} owns the parts of such a run
 * and blocks its caller; {@code LiveSteps} is the work between two steps, done by the run's actor one piece at a time:
 * orders, held-out scores, rollback, checkpoints, publication, another teacher. Files of the run are written here
 * alone: the ledger, the events, the status and the published versions.
 */
package io.espalier.actors.continual;
