package io.espalier.actors.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.settings.SettingsSection;
import io.espalier.gpu.Refused;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The HTTP surface as configured ({@code espalier.http}; espalier-http.conf says what each key means).
 *
 * @param tls empty for none, which loopback alone may do without
 * @param shutdownWait that requests in work have when the service ends
 */
public record HttpSettings(
        Bind bind,
        Optional<Tls> tls,
        AccessSettings access,
        Sessions.Settings sessions,
        LimitSettings limits,
        IngestSettings ingest,
        EventSettings events,
        PageSettings pages,
        OperationSettings operations,
        AuditSettings audit,
        Duration shutdownWait) {
    static final String ROOT = "espalier.http";

    private static final int LARGEST_PORT = 65_535;
    private static final int MANY = 100_000;
    private static final long GIB = 1L << 30;

    /**
     * The address to listen on.
     *
     * @param port 0 for any free one
     */
    public record Bind(String host, int port) {
        private static Bind of(SettingsSection section) {
            Bind bind = new Bind(section.text("host"), section.number("port", 0, LARGEST_PORT));
            section.requireNoOther();
            return bind;
        }

        /** Whether nobody outside this machine can reach it. */
        boolean loopback() {
            try {
                return InetAddress.getByName(host).isLoopbackAddress();
            } catch (UnknownHostException e) {
                throw new Refused(
                        Refused.Reason.BAD_CONFIGURATION,
                        ROOT + ".bind.host is [" + host + "]: must resolve to an address",
                        e);
            }
        }
    }

    /** PEM files of the server. */
    public record Tls(Path key, Path certificate) {
        private static Optional<Tls> of(SettingsSection section) {
            Optional<Path> key = section.file("key");
            Optional<Path> certificate = section.file("certificate");
            section.requireNoOther();
            if (key.isPresent() != certificate.isPresent()) {
                String missing = key.isPresent() ? "certificate" : "key";
                throw section.refuse(missing, "", "must be given where the other file of tls is");
            }
            return key.map(file -> new Tls(file, certificate.orElseThrow()));
        }
    }

    /** The bounds on handing in records. */
    record IngestSettings(long body, int records, int line, Duration bodyWait, int requests, int reasons) {
        private static IngestSettings of(SettingsSection section) {
            IngestSettings ingest = new IngestSettings(
                    section.bytes("body", 1024, GIB),
                    section.number("records", 1, 10_000_000),
                    Math.toIntExact(section.bytes("line", 64, GIB)),
                    section.duration("body-wait"),
                    section.number("requests", 1, MANY),
                    section.number("reasons", 1, MANY));
            section.requireNoOther();
            if (ingest.line > ingest.body) {
                throw section.refuse("line", ingest.line, "must not be above body");
            }
            return ingest;
        }
    }

    /** The bounds on the stream of events. */
    record EventSettings(int clients, int buffered, int page, Duration heartbeat, Duration reconnect) {
        private static EventSettings of(SettingsSection section) {
            EventSettings events = new EventSettings(
                    section.number("clients", 1, MANY),
                    section.number("buffered", 1, MANY),
                    section.number("page", 1, MANY),
                    section.duration("heartbeat"),
                    section.duration("reconnect"));
            section.requireNoOther();
            return events;
        }
    }

    /** Lengths of answers. */
    record PageSettings(int points, int mostPoints, int items, int mostItems) {
        private static PageSettings of(SettingsSection section) {
            int mostPoints = section.number("most-points", 1, MANY);
            int mostItems = section.number("most-items", 1, MANY);
            PageSettings pages = new PageSettings(
                    section.number("points", 1, mostPoints),
                    mostPoints,
                    section.number("items", 1, mostItems),
                    mostItems);
            section.requireNoOther();
            return pages;
        }
    }

    /** The bounds on the memory of operations. */
    record OperationSettings(int kept, Duration deadline) {
        private static OperationSettings of(SettingsSection section) {
            OperationSettings operations =
                    new OperationSettings(section.number("kept", 1, MANY), section.duration("deadline"));
            section.requireNoOther();
            return operations;
        }
    }

    /** The bounds on the audit log. */
    record AuditSettings(long fileSize, int files) {
        private static AuditSettings of(SettingsSection section) {
            AuditSettings audit =
                    new AuditSettings(section.bytes("file-size", 4096, GIB), section.number("files", 1, 1000));
            section.requireNoOther();
            return audit;
        }
    }

    /** Reads {@code espalier.http} of the root over the defaults; unknown keys are refused. */
    public static HttpSettings of(Config root) {
        Config resolved = root.withFallback(ConfigFactory.parseResources("espalier-http.conf"))
                .resolve();
        SettingsSection section = new SettingsSection(resolved.getConfig(ROOT), ROOT);
        HttpSettings settings = new HttpSettings(
                Bind.of(section.section("bind")),
                Tls.of(section.section("tls")),
                AccessSettings.of(section.section("access")),
                sessions(section.section("sessions")),
                LimitSettings.of(section.section("limits")),
                IngestSettings.of(section.section("ingest")),
                EventSettings.of(section.section("events")),
                PageSettings.of(section.section("pages")),
                OperationSettings.of(section.section("operations")),
                AuditSettings.of(section.section("audit")),
                section.duration("shutdown-wait"));
        section.requireNoOther();
        settings.requireSafe(section.section("bind"));
        return settings;
    }

    private static Sessions.Settings sessions(SettingsSection section) {
        Sessions.Settings sessions = new Sessions.Settings(
                section.duration("link"),
                section.duration("idle"),
                section.duration("longest"),
                section.number("most", 1, MANY));
        section.requireNoOther();
        return sessions;
    }

    private void requireSafe(SettingsSection section) {
        List<String> missing = new ArrayList<>();
        if (tls.isEmpty()) {
            missing.add(ROOT + ".tls.key");
            missing.add(ROOT + ".tls.certificate");
        }
        if (access.readToken().isEmpty()) {
            missing.add(ROOT + ".access.read-token-file");
        }
        if (access.operateToken().isEmpty()) {
            missing.add(ROOT + ".access.operate-token-file");
        }
        if (!missing.isEmpty() && !bind.loopback()) {
            throw section.refuse(
                    "host", bind.host, "beyond loopback it needs what is not given: " + String.join(", ", missing));
        }
    }
}
