/** Tensors that can be computed again, kept on disk by what they are a function of. Start reading at StateCache. */
package io.espalier.gpu.cache;
