package io.espalier.actors.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names that the Grafana board and the alert rules of config/ ask for. */
final class MetricNames {
    private static final Pattern NAME = Pattern.compile("\\b(espalier|jvm|process)_[a-z0-9_]+");

    private MetricNames() {}

    static Set<String> inConfig() throws IOException {
        Path config = Path.of(System.getProperty("espalier.root"), "config");
        Set<String> names = new TreeSet<>();
        for (String file : new String[] {"grafana/espalier.json", "prometheus/alerts.yml"}) {
            Matcher matcher = NAME.matcher(Files.readString(config.resolve(file)));
            while (matcher.find()) {
                names.add(matcher.group());
            }
        }
        return names;
    }
}
