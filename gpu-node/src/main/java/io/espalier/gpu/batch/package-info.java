/**
 * The values that pass through the graph: token batches, the records that they came from, and their parts as tensors. A
 * {@link io.espalier.gpu.batch.TokenBatch} is immutable and may be read by any thread.
 */
package io.espalier.gpu.batch;
