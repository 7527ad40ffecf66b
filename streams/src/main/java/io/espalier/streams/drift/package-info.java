/**
 * Detectors of change over a stream of numbers, in bounded memory: each says when the numbers have another mean than
 * before. A {@link io.espalier.streams.drift.DriftDetector} belongs to one thread.
 */
package io.espalier.streams.drift;
