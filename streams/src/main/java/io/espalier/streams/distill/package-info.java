/**
 * The running graph: batches, the teacher's forward and the student's step, with the signals between them. {@link
 * io.espalier.streams.distill.DistillGraph} is the student's side and {@link io.espalier.streams.distill.ServeGraph}
 * that of a stage of a teacher; both reach models through ports. The graph owns every signal that it gets and closes it
 * once, by a {@link io.espalier.streams.distill.Ledger} where the stream ends early.
 */
package io.espalier.streams.distill;
