package io.espalier.actors.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The names that the Grafana board and the alert rules of config/ ask for. */
final class MetricNames {
    private static final Pattern NAME = Pattern.compile("\\b(espalier|jvm|process)_[a-z0-9_]+");

    private static final Pattern LABELS =
            Pattern.compile("\\$labels\\.([a-z_]+)|\\{\\{([a-z_]+)}}|\\bon \\(([a-z_, ]+)\\)|[{,]([a-z_]+)=~?\\\\?\"");

    private MetricNames() {}

    static Set<String> inConfig() throws IOException {
        return NAME.matcher(config()).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    /** The labels that they ask for. */
    static Set<String> labelsInConfig() throws IOException {
        return labels(config());
    }

    /** The labels that a text in PromQL, a template's or Prometheus' own format names. */
    static Set<String> labels(String text) {
        return LABELS.matcher(text)
                .results()
                .flatMap(found -> IntStream.rangeClosed(1, found.groupCount()).mapToObj(found::group))
                .filter(Objects::nonNull)
                .flatMap(names -> Stream.of(names.split(", ", -1)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String config() throws IOException {
        Path config = Path.of(System.getProperty("espalier.root"), "config");
        return Files.readString(config.resolve("grafana/espalier.json"))
                + Files.readString(config.resolve("prometheus/alerts.yml"));
    }
}
