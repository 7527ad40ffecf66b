/**
 * The flow of data: text becomes token batches, batches go through a teacher to a student, and tensors go from process
 * to process. Nothing here knows of jobs or of the command line. {@code source} reads documents, {@code batch} makes
 * batches of them, {@code live} does so for text that keeps coming, {@code distill} is the running graph, and {@code
 * transport} carries frames. Start reading at {@link io.espalier.streams.batch.Batches} and {@link
 * io.espalier.streams.distill.DistillGraph}.
 */
package io.espalier.streams;
