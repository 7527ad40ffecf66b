/**
 * Documents and the files that they come from. A {@link io.espalier.streams.source.TextFile} knows its format and opens
 * a {@link io.espalier.streams.source.DocumentReader}, which belongs to one thread and to whoever opened it. Readers
 * pull, one document at a time, so nothing is read before it is wanted; a damaged or cut file is refused. {@link
 * io.espalier.streams.source.Blend} mixes several files.
 */
package io.espalier.streams.source;
