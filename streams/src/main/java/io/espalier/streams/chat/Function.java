package io.espalier.streams.chat;

import java.util.List;
import java.util.Map;

/** A function that a template can call. */
@FunctionalInterface
interface Function {
    Object call(List<Object> arguments, Map<String, Object> named);
}
