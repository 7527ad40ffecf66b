package io.espalier.actors.health;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.http.SeriesQuery;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The curves of one run, from the lines of its {@code metrics.jsonl}. Not thread-safe. */
final class Curves {
    private final HealthSettings settings;
    private final Map<String, Series> series = new TreeMap<>();
    /** Names of curves that there is no room for; as many again at most. */
    private final Set<String> leftOut = new HashSet<>();

    private long latest = Long.MIN_VALUE;
    private long known = Long.MIN_VALUE;

    Curves(HealthSettings settings) {
        this.settings = settings;
    }

    /** The file was written anew, and will be read from its beginning: what was taken is not taken again. */
    void anew() {
        known = latest;
    }

    /** Takes in a line of metrics.jsonl. */
    void accept(String line) {
        ObjectNode node = AnswerJson.parse(line);
        if (node == null || !node.path("step").canConvertToLong()) {
            return;
        }
        long time;
        try {
            time = Instant.parse(node.path("time").asText()).toEpochMilli();
        } catch (DateTimeParseException e) {
            return;
        }
        if (time <= known) {
            return;
        }
        latest = Math.max(latest, time);
        add("", node, time, node.path("step").asLong());
    }

    private void add(String prefix, JsonNode node, long time, long step) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String name = prefix + field.getKey();
            JsonNode value = field.getValue();
            if (value.isObject()) {
                add(name + ".", value, time, step);
            } else if (value.isNumber() && !name.equals("step")) {
                add(name, time, step, value.asDouble());
            }
        }
    }

    private void add(String name, long time, long step, double value) {
        Series curve = series.get(name);
        if (curve == null) {
            if (series.size() == settings.seriesMost()) {
                if (leftOut.size() < settings.seriesMost()) {
                    leftOut.add(name);
                }
                return;
            }
            curve = new Series(settings.seriesPoints());
            series.put(name, curve);
        }
        curve.add(time, step, value);
    }

    /** The last value of a curve; NaN where there is none. */
    double last(String name) {
        Series curve = series.get(name);
        return curve == null ? Double.NaN : curve.last();
    }

    /** The last KL on held-out text, by domain. */
    Map<String, Double> heldOutKl() {
        Map<String, Double> domains = new TreeMap<>();
        String before = "validation.";
        String after = ".kl";
        series.forEach((name, curve) -> {
            if (name.startsWith(before) && name.endsWith(after)) {
                domains.put(name.substring(before.length(), name.length() - after.length()), curve.last());
            }
        });
        return domains;
    }

    ObjectNode json(SeriesQuery query, Instant now) {
        long from = query.from().map(Instant::toEpochMilli).orElse(Long.MIN_VALUE);
        long to = query.to().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
        ObjectNode answer = AnswerJson.at(now);
        answer.putArray("columns")
                .add("time_ms")
                .add("step")
                .add("mean")
                .add("min")
                .add("max");
        ObjectNode found = answer.putObject("series");
        series.forEach((name, curve) -> {
            if (query.names().isEmpty() || query.names().contains(name)) {
                found.set(name, Series.points(curve.between(from, to, query.maxPoints())));
            }
        });
        answer.putArray("names")
                .addAll(series.keySet().stream().map(answer::textNode).toList());
        return answer.put("total", series.size() + leftOut.size()).put("truncated", !leftOut.isEmpty());
    }
}
