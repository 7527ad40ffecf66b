/** Tensors between processes: frames over Aeron as stages of a stream, whose demand reaches the sender. */
package io.espalier.streams.transport;
