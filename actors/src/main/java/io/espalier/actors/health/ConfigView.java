package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Our own configuration in force, without its secrets, and what was built and started. */
final class ConfigView {
    private static final String ROOT = "espalier";
    private static final String HIDDEN = "(hidden)";
    private static final Pattern SECRET =
            Pattern.compile("(.*[.\"-])?(password|passwd|secret|token|api-?key|credentials?|private-key)s?\"?");
    /** A password in an address, and one among its parameters. */
    private static final Pattern IN_ADDRESS =
            Pattern.compile("(?i)(//[^/:@\\s]+:)[^@/\\s]+(@)|((?:password|secret|token)=)[^&;\\s\"]+");

    private ConfigView() {}

    static ObjectNode json(Config config, Instant now) {
        ObjectNode answer = AnswerJson.at(now);
        ObjectNode values = answer.putObject("config");
        if (config.hasPath(ROOT)) {
            Map<String, ConfigValue> sorted = new TreeMap<>();
            config.getConfig(ROOT).entrySet().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
            sorted.forEach((path, value) -> {
                ObjectNode entry = values.putObject(ROOT + "." + path);
                entry.put("value", shown(path, value));
                entry.put("origin", value.origin().description());
            });
        }
        answer.set("build", build());
        ArrayNode flags = answer.putArray("jvm_flags");
        ManagementFactory.getRuntimeMXBean().getInputArguments().forEach(flag -> flags.add(redact(flag)));
        return answer;
    }

    private static String shown(String path, ConfigValue value) {
        return SECRET.matcher(path).matches() ? HIDDEN : redact(value.render(ConfigRenderOptions.concise()));
    }

    static String redact(String text) {
        return IN_ADDRESS
                .matcher(text)
                .replaceAll(found ->
                        found.group(1) == null ? found.group(3) + HIDDEN : found.group(1) + HIDDEN + found.group(2));
    }

    static ObjectNode build() {
        String version = ConfigView.class.getPackage().getImplementationVersion();
        return AnswerJson.object()
                .put("version", version == null ? "development" : version)
                .put("java", Runtime.version().toString())
                .put("pekko", org.apache.pekko.actor.ActorSystem.Version());
    }
}
