/**
 * Token batches from documents: text is tokenised ahead on an executor, packed into rows, shuffled in blocks and
 * grouped. Start reading at {@link io.espalier.streams.batch.Batches}: each batch carries the {@link
 * io.espalier.streams.batch.TextPosition} at which the stream goes on after it. A {@link
 * io.espalier.streams.batch.Tokenizer} belongs to whoever opened it and may be used by several threads.
 */
package io.espalier.streams.batch;
