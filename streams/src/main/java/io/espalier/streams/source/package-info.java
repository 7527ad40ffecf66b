/** Where documents come from. Readers pull, one document at a time, so nothing is read that nobody asked for. */
package io.espalier.streams.source;
