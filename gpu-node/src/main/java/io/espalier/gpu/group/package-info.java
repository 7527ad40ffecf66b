/**
 * The parts of a training step that fix its result: blocks of parameters, the order in which losses and norms are added,
 * and the decision that follows from them.
 */
package io.espalier.gpu.group;
