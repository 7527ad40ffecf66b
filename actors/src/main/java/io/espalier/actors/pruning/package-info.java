/**
 * The prune job: calibration, the search for a shape, trials of its candidates, compensation, and the report of it all.
 * {@link io.espalier.actors.pruning.PruneRun} is the whole of it, step by step on the calling thread; models are opened
 * and closed within each step. The arithmetic of pruning is in {@code io.espalier.gpu.prune}.
 */
package io.espalier.actors.pruning;
