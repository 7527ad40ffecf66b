package io.espalier.streams.source;

import io.espalier.gpu.batch.Provenance;

/** One piece of text, whole, and where it came from. */
public record Document(String text, Provenance provenance) {}
