/**
 * What makes a training step the same whoever computes its parts: blocks of parameters, the order in which losses and norms
 * are added, and the decision that follows from them.
 */
package io.espalier.gpu.group;
