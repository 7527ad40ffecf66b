package io.espalier.actors.daemon;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import io.espalier.actors.http.HttpSettings;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.node.NodeRole;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.settings.ConfigSection;
import io.espalier.actors.settings.Hocon;
import io.espalier.gpu.Refused;
import io.espalier.streams.live.SpoolSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A daemon as configured.
 *
 * @param jobsEvery between two questions which jobs there are
 * @param jobsEndedShown of those that have ended, the newest
 * @param answerWait longest wait for the coordinator
 * @param orderWait longest wait for what becomes of an order
 * @param paths directories below which the jobs of all submitters may read and write
 * @param kafkaProperties that the Kafka sources of jobs may set
 * @param given what was not left to the defaults of others
 * @param root all of it over all defaults
 */
public record DaemonSettings(
        NodeSettings node,
        HttpSettings http,
        SpoolSettings spool,
        LogFormat logFormat,
        Duration jobsEvery,
        int jobsEndedShown,
        Duration answerWait,
        Duration orderWait,
        List<Path> paths,
        Set<String> kafkaProperties,
        Config given,
        Config root) {
    private static final String PATH = "espalier.daemon";
    private static final Set<String> KEYS = Set.of(
            "log-format", "jobs-every", "jobs-ended-shown", "answer-wait", "order-wait", "paths", "kafka-properties");
    /** The sections that a file may configure. */
    private static final Set<String> SECTIONS =
            Set.of("node", "http", "spool", "daemon", "health", "coordinator", "journal");

    private static final List<String> DEFAULTS = List.of(
            "espalier-node.conf",
            "espalier-http.conf",
            "espalier-spool.conf",
            "espalier-health.conf",
            "espalier-coordinator.conf",
            "espalier-journal.conf");
    private static final String STATE = "espalier.node.state";

    /** The form in which the log is written. */
    public enum LogFormat {
        TEXT,
        JSON
    }

    /**
     * Reads a file over the defaults.
     *
     * @param file empty for none
     * @param state directory that wins over the file's
     * @param usualState the directory where neither names one
     */
    public static DaemonSettings read(Optional<Path> file, Optional<Path> state, Path usualState) {
        Config given = file.map(DaemonSettings::parse).orElseGet(ConfigFactory::empty);
        if (state.isPresent() || !given.hasPath(STATE)) {
            given = given.withValue(
                    STATE,
                    ConfigValueFactory.fromAnyRef(
                            state.orElse(usualState).toAbsolutePath().toString(), "--state"));
        }
        return of(overrides().withFallback(given));
    }

    private static Config parse(Path file) {
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "no such configuration file");
        }
        Config parsed = Hocon.file(file);
        requireKnown(file, parsed);
        return parsed;
    }

    private static void requireKnown(Path file, Config parsed) {
        Set<String> unknown = new TreeSet<>();
        for (String key : parsed.root().keySet()) {
            if (!key.equals("espalier")) {
                unknown.add(key);
            }
        }
        if (parsed.hasPath("espalier")) {
            parsed.getConfig("espalier").root().keySet().stream()
                    .filter(section -> !SECTIONS.contains(section))
                    .forEach(section -> unknown.add("espalier." + section));
        }
        if (!unknown.isEmpty()) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    file + ": unknown sections " + unknown + ": known of espalier are " + new TreeSet<>(SECTIONS));
        }
    }

    private static Config overrides() {
        Config properties = ConfigFactory.systemProperties();
        Config overrides = ConfigFactory.empty();
        for (String section : SECTIONS) {
            overrides = overrides.withFallback(properties.withOnlyPath("espalier." + section));
        }
        return overrides;
    }

    /** Reads a root over the defaults; unknown keys are refused. */
    static DaemonSettings of(Config given) {
        Config root = given.withFallback(ConfigFactory.parseResources("espalier-daemon.conf"));
        for (String resource : DEFAULTS) {
            root = root.withFallback(ConfigFactory.parseResources(resource));
        }
        root = root.withOnlyPath("espalier").resolve();
        Config section = ConfigSection.of(root, "espalier-daemon.conf", PATH, KEYS);
        DaemonSettings settings = new DaemonSettings(
                NodeSettings.of(root),
                HttpSettings.of(root),
                SpoolSettings.of(root),
                logFormat(section.getString("log-format")),
                section.getDuration("jobs-every"),
                section.getInt("jobs-ended-shown"),
                section.getDuration("answer-wait"),
                section.getDuration("order-wait"),
                section.getStringList("paths").stream()
                        .map(DaemonSettings::directory)
                        .toList(),
                Set.copyOf(section.getStringList("kafka-properties")),
                given,
                root);
        settings.check();
        return settings;
    }

    /** The configuration of actor systems and their parts. */
    public Config config() {
        return given.withFallback(EspalierConfig.load());
    }

    private static Path directory(String path) {
        if (!path.startsWith("/")) {
            throw bad("paths", path, "must be absolute paths of directories");
        }
        return Path.of(path).normalize();
    }

    private static LogFormat logFormat(String text) {
        for (LogFormat format : LogFormat.values()) {
            if (format.name().toLowerCase(Locale.ROOT).equals(text)) {
                return format;
            }
        }
        throw bad("log-format", text, "must be text or json");
    }

    private void check() {
        if (!jobsEvery.isPositive() || !answerWait.isPositive() || !orderWait.isPositive()) {
            throw bad(
                    "jobs-every, answer-wait, order-wait",
                    jobsEvery + ", " + answerWait + ", " + orderWait,
                    "must be above 0");
        }
        if (jobsEndedShown < 0) {
            throw bad("jobs-ended-shown", jobsEndedShown, "must not be negative");
        }
        if (!node.roles().contains(NodeRole.API)) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "espalier.node.roles is " + node.roles() + ": must hold api, which is what a daemon is for");
        }
    }

    private static Refused bad(String key, Object value, String rule) {
        return new Refused(Refused.Reason.BAD_CONFIGURATION, PATH + "." + key + " is [" + value + "]: " + rule);
    }
}
