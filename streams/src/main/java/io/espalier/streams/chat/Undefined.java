package io.espalier.streams.chat;

/** The value of a name or field that is not there: it is false, and prints nothing. */
record Undefined(String name) {}
