/**
 * Tensors that can be computed again, kept on disk under a key of what they are a function of. {@link
 * io.espalier.gpu.cache.StateCache} is thread-safe, and several processes may share its directory; a damaged or missing
 * file costs a computation and nothing else.
 */
package io.espalier.gpu.cache;
