/**
 * The losses by which a student is taught: of logits, chunk by chunk from hidden states, and of hidden states, with
 * gradients by hand. {@link io.espalier.gpu.distill.ChunkedHead} never holds all logits at once; start reading there.
 * Everything runs on the rank's thread.
 */
package io.espalier.gpu.distill;
