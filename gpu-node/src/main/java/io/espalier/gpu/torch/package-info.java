/**
 * The engine: libtorch is started here, its operators are reached here, bytes become tensors here. DJL types are seen
 * by the rest of {@code io.espalier.gpu} only as handles (NDArray).
 */
package io.espalier.gpu.torch;
