/** From documents to token batches: tokenise, pack, shuffle, group. */
package io.espalier.streams.batch;
