package io.espalier.streams.chat;

/** A method of a value, not called yet: true, whatever it would give. */
record Method(Object of, String name) {}
