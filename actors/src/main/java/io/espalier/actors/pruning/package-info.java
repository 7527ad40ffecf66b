/** The prune job: calibration, the search for a shape, trials of its candidates, compensation, and the report of it all. */
package io.espalier.actors.pruning;
