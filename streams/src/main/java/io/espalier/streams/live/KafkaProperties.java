package io.espalier.streams.live;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigUtil;
import java.util.Map;
import java.util.TreeMap;

/** The properties of a Kafka client as a recipe has them: {@code a.b = c} and {@code a { b = c }} name one. */
public final class KafkaProperties {
    private KafkaProperties() {}

    /** Returns the values by the properties' names, in a map that the caller may change. */
    public static Map<String, String> of(Config section) {
        Map<String, String> properties = new TreeMap<>();
        section.entrySet()
                .forEach(entry -> properties.put(
                        String.join(".", ConfigUtil.splitPath(entry.getKey())),
                        String.valueOf(entry.getValue().unwrapped())));
        return properties;
    }
}
