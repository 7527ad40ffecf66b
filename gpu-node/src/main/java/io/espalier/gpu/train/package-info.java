/**
 * Teacher and student as a stage of the graph sees them, the optimiser, and the plain values that cross between floors.
 * A training step reads top to bottom in {@link io.espalier.gpu.train.LocalStudent#step}.
 */
package io.espalier.gpu.train;
