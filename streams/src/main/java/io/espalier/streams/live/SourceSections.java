package io.espalier.streams.live;

import com.typesafe.config.Config;
import io.espalier.streams.live.GeneratedSettings.Domain;
import io.espalier.streams.live.GeneratedSettings.Phase;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads the section of one source. */
final class SourceSections {
    private static final String KIND = "kind";
    /** Kafka's properties that would set positions beside those of checkpoints. */
    private static final Set<String> OF_THE_RUN =
            Set.of("auto.offset.reset", "bootstrap.servers", "enable.auto.commit", "group.id");

    private final String path;
    private final Config section;

    private SourceSections(String path, Config section) {
        this.path = path;
        this.section = section;
    }

    /** @param defaults of each kind */
    static SourceSettings read(String name, Config own, Config defaults) {
        String path = "sources." + name;
        String kind = own.hasPath(KIND) ? own.getString(KIND) : "absent";
        if (!defaults.hasPath(kind)) {
            throw LiveKeys.bad(
                    path + "." + KIND,
                    kind,
                    "must be one of " + new TreeSet<>(defaults.root().keySet()));
        }
        Config known = defaults.getConfig(kind);
        LiveKeys.requireKnown(own.withoutPath(KIND), path, known.root().keySet());
        SourceSections sections = new SourceSections(path, own.withFallback(known));
        return switch (kind) {
            case "generated" -> sections.generated();
            case "folder" -> sections.folder();
            case "http" -> sections.http();
            case "kafka" -> sections.kafka();
            default -> throw new IllegalStateException(kind + " has defaults and no reader");
        };
    }

    private FolderSettings folder() {
        return new FolderSettings(
                Path.of(text("directory")), section.getDuration("settle"), section.getDuration("last-line"));
    }

    private HttpSourceSettings http() {
        String spool = section.getString("spool");
        return new HttpSourceSettings(spool.isEmpty() ? Optional.empty() : Optional.of(Path.of(spool)));
    }

    private KafkaSettings kafka() {
        Map<String, String> properties = KafkaProperties.of(section.getConfig("properties"));
        for (String ours : OF_THE_RUN) {
            if (properties.containsKey(ours)) {
                throw LiveKeys.bad(path + ".properties", ours, "must not be set: checkpoints say where to go on");
            }
        }
        properties.put("bootstrap.servers", text("bootstrap"));
        return new KafkaSettings(
                text("topic"),
                choice("format", Map.of("json", Arrival.Form.JSON, "text", Arrival.Form.TEXT)),
                choice("start", Map.of("beginning", false, "end", true)),
                choice(
                        "on-reset",
                        Map.of(
                                "fail",
                                KafkaSettings.OnReset.FAIL,
                                "earliest",
                                KafkaSettings.OnReset.EARLIEST,
                                "latest",
                                KafkaSettings.OnReset.LATEST)),
                choice("on-damage", Map.of("wait", KafkaSettings.OnDamage.WAIT, "skip", KafkaSettings.OnDamage.SKIP)),
                text("key-header"),
                section.getDuration("watch-every"),
                section.getDuration("longest-rest"),
                properties);
    }

    private <T> T choice(String key, Map<String, T> choices) {
        String value = section.getString(key);
        if (!choices.containsKey(value)) {
            throw LiveKeys.bad(path + "." + key, value, "must be one of " + new TreeSet<>(choices.keySet()));
        }
        return choices.get(value);
    }

    private String text(String key) {
        String value = section.getString(key);
        if (value.isEmpty()) {
            throw LiveKeys.bad(path + "." + key, "\"\"", "must be named");
        }
        return value;
    }

    private GeneratedSettings generated() {
        List<Domain> domains =
                section.getConfigList("domains").stream().map(this::domain).toList();
        if (domains.isEmpty()) {
            throw LiveKeys.bad(path + ".domains", "[]", "must name at least one");
        }
        double perSecond = section.getDouble("records-per-second");
        if (!(perSecond >= 0)) {
            throw LiveKeys.bad(path + ".records-per-second", perSecond, "must be at least 0");
        }
        return new GeneratedSettings(
                domains,
                schedule(domains),
                perSecond,
                LiveKeys.atLeast(1, section, path, "record-characters"),
                LiveKeys.atLeast(1, section, path, "record-words"),
                section.getLong("poison.from"),
                section.getLong("poison.to"),
                section.getLong("seed"));
    }

    private Domain domain(Config domain) {
        LiveKeys.requireKnown(domain, path + ".domains", Set.of("name", "files", "words"));
        String name = domain.getString("name");
        if (domain.hasPath("files") == domain.hasPath("words")) {
            throw LiveKeys.bad(path + ".domains", name, "must have either files or words");
        }
        return domain.hasPath("files")
                ? new GeneratedSettings.Files(
                        name,
                        TextFile.find(
                                domain.getStringList("files").stream()
                                        .map(Path::of)
                                        .toList(),
                                List.of()))
                : new GeneratedSettings.Words(name, LiveKeys.atLeast(2, domain, path + ".domains", "words"));
    }

    private List<Phase> schedule(List<Domain> domains) {
        List<Phase> phases = new ArrayList<>();
        for (Config phase : section.getConfigList("schedule")) {
            LiveKeys.requireKnown(phase, path + ".schedule", Set.of("domain", "records"));
            phases.add(new Phase(
                    place(domains, phase.getString("domain")),
                    phase.hasPath("records")
                            ? LiveKeys.atLeast(1, phase, path + ".schedule", "records")
                            : Long.MAX_VALUE));
        }
        return phases.isEmpty() ? List.of(new Phase(0, Long.MAX_VALUE)) : phases;
    }

    private int place(List<Domain> domains, String name) {
        for (int i = 0; i < domains.size(); i++) {
            if (domains.get(i).name().equals(name)) {
                return i;
            }
        }
        throw LiveKeys.bad(path + ".schedule", name, "must be one of the domains");
    }
}
