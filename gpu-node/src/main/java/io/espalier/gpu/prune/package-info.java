/**
 * Structured pruning: importance from activations, a plan of which indices stay, and surgery as a pure function of plan
 * and tensor.
 */
package io.espalier.gpu.prune;
