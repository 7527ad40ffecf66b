/** The running graph: batches, the teacher's forward, the student's step, and who frees what lies between them. */
package io.espalier.streams.distill;
