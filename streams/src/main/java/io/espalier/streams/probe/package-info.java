/**
 * The time that the stages of a running graph spend at work, waiting for input or held back by the next stage. The
 * graph tells each {@link io.espalier.streams.probe.StageProbe} on whatever thread works; {@link
 * io.espalier.streams.probe.StageProbes} is asked by any thread for the shares since it was asked last.
 */
package io.espalier.streams.probe;
