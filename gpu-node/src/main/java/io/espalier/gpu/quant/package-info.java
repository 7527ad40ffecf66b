/** Weights as blocks of few bits, in the formats of GGUF files. */
package io.espalier.gpu.quant;
