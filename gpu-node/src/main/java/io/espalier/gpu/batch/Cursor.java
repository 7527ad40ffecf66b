package io.espalier.gpu.batch;

/** The position at which a stream of batches goes on after one of them; its source alone knows what it means. */
public interface Cursor {}
