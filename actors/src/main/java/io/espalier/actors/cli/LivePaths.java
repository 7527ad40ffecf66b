package io.espalier.actors.cli;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;

/** The paths in the section of a recipe that describes live text: whoever reads it may have another working directory. */
final class LivePaths {
    private static final Set<String> KEYS = Set.of("directory", "files", "anchors", "spool");

    private LivePaths() {}

    /** Returns the section with each path in it put through {@code path}, which is given the key and the path. */
    static ConfigObject of(ConfigObject section, BinaryOperator<String> path) {
        ConfigObject with = section;
        for (Map.Entry<String, ConfigValue> entry : section.entrySet()) {
            String key = entry.getKey();
            with = with.withValue(key, value(key, entry.getValue(), KEYS.contains(key), path));
        }
        return with;
    }

    /** A path, or a list of them, put through {@code path}. */
    static ConfigValue paths(String key, ConfigValue value, BinaryOperator<String> path) {
        return value(key, value, true, path);
    }

    private static ConfigValue value(String key, ConfigValue value, boolean isPath, BinaryOperator<String> path) {
        return switch (value) {
            case ConfigObject object -> of(object, path);
            case ConfigList list ->
                ConfigValueFactory.fromIterable(list.stream()
                        .map(element -> value(key, element, isPath, path).unwrapped())
                        .toList());
            default ->
                isPath && (value.valueType() == ConfigValueType.STRING || value.valueType() == ConfigValueType.NUMBER)
                        ? ConfigValueFactory.fromAnyRef(path.apply(key, "" + value.unwrapped()))
                        : value;
        };
    }
}
