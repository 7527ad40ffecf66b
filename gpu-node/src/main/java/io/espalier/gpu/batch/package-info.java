/** What passes through: token batches, where they came from, and their parts as tensors. */
package io.espalier.gpu.batch;
