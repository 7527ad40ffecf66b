package io.espalier.streams.chat;

import java.util.Map;

/** Variables that outlive the loop that sets them. */
record Namespace(Map<String, Object> values) {}
