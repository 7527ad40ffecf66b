package io.espalier.gpu.batch;

/** Where a stream of batches goes on after one of them; what it means is for its source to know. */
public interface Cursor {}
