package io.espalier.actors.cli;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The paths in the section of a recipe that describes live text: whoever reads it may have another working directory. */
final class LivePaths {
    private static final Set<String> KEYS = Set.of("directory", "files", "anchors", "spool");

    private LivePaths() {}

    /** The same section with each path put through {@code path}. */
    static ConfigObject of(ConfigObject section, UnaryOperator<String> path) {
        ConfigObject with = section;
        for (Map.Entry<String, ConfigValue> entry : section.entrySet()) {
            with = with.withValue(entry.getKey(), value(entry.getKey(), entry.getValue(), path));
        }
        return with;
    }

    private static ConfigValue value(String key, ConfigValue value, UnaryOperator<String> path) {
        return switch (value) {
            case ConfigObject object -> of(object, path);
            case ConfigList list -> list(key, list, path);
            default ->
                KEYS.contains(key) && value.valueType() == ConfigValueType.STRING
                        ? ConfigValueFactory.fromAnyRef(path.apply((String) value.unwrapped()))
                        : value;
        };
    }

    private static ConfigValue list(String key, ConfigList list, UnaryOperator<String> path) {
        List<Object> elements = list.stream()
                .map(element -> value(key, element, path).unwrapped())
                .toList();
        return ConfigValueFactory.fromIterable(elements);
    }
}
