/**
 * Weights as blocks of few bits, in the formats of GGUF files. A {@link io.espalier.gpu.quant.BlockFormat} is a
 * function of a block of numbers; {@link io.espalier.gpu.quant.Mixture} chooses the format of each matrix.
 */
package io.espalier.gpu.quant;
