package io.espalier.streams.chat;

/** What a name or field that is not there stands for: false, and nothing when printed. */
record Undefined(String name) {}
