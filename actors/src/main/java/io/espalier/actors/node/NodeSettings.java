package io.espalier.actors.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.espalier.actors.rank.RankProcessSettings;
import io.espalier.actors.settings.SettingsSection;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The configuration of a node ({@code espalier.node}).
 *
 * @param name unique in the cluster
 * @param state directory that belongs to this node alone
 * @param ranks which ranks it runs, and where
 * @param processes how they are run as processes
 * @param tls null for none, which loopback alone may do without
 * @param source the section as read, which child processes are given
 */
public record NodeSettings(
        String name,
        Set<NodeRole> roles,
        Path state,
        ControlSettings control,
        DetectionSettings detection,
        RankLayout ranks,
        RankProcessSettings processes,
        TlsFiles tls,
        Config source) {
    private static final String ROOT = "espalier.node";
    private static final String NAME = "[A-Za-z0-9_-]{1,64}";

    /** Reads a file over the defaults. */
    public static NodeSettings read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw Refused.notFound(file, "no such configuration file");
        }
        try {
            return of(ConfigFactory.parseFile(file.toFile()));
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, file + ": " + e.getMessage(), e);
        }
    }

    /** Reads {@code espalier.node} of the root over the defaults; unknown keys are refused. */
    public static NodeSettings of(Config root) {
        Config resolved = root.withFallback(ConfigFactory.parseResources("espalier-node.conf"))
                .resolve();
        SettingsSection section = new SettingsSection(resolved.getConfig(ROOT), ROOT);
        SettingsSection ranks = section.section("ranks");
        RankLayout layout = RankLayout.of(ranks);
        RankProcessSettings processes = processes(ranks);
        ranks.requireNoOther();
        String name = section.text("name");
        NodeSettings settings = new NodeSettings(
                name.isEmpty() ? hostName() : name,
                section.choices("roles", NodeRole.class),
                Path.of(section.text("state")),
                ControlSettings.of(section.section("control")),
                DetectionSettings.of(section.section("detection")),
                layout,
                processes,
                tls(section.section("tls")),
                resolved.getConfig(ROOT));
        section.requireNoOther();
        settings.check(section);
        return settings;
    }

    private static RankProcessSettings processes(SettingsSection ranks) {
        int mostMib = 1 << 24;
        RankProcessSettings processes = new RankProcessSettings(
                ranks.number("heap-mib", 64, mostMib),
                ranks.texts("java-options"),
                ranks.number("memory-limit-mib", 0, mostMib),
                ranks.duration("min-backoff"),
                ranks.duration("max-backoff"),
                ranks.number("max-restarts", 0, 1000),
                ranks.duration("revive-after"),
                ranks.duration("healthy-after"),
                ranks.duration("stop-grace"),
                ranks.duration("check-every"),
                ranks.number("logs-kept", 0, 1000));
        if (processes.maxBackoff().compareTo(processes.minBackoff()) < 0) {
            throw ranks.refuse("max-backoff", processes.maxBackoff(), "must not be below min-backoff");
        }
        if (processes.memoryLimitMib() > 0 && !Files.isReadable(Path.of("/proc/self/status"))) {
            throw ranks.refuse("memory-limit-mib", processes.memoryLimitMib(), "must be 0 where /proc is not there");
        }
        return processes;
    }

    private static TlsFiles tls(SettingsSection section) {
        List<String> missing = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        for (String key : List.of("key", "certificate", "trust")) {
            String file = section.text(key);
            files.add(Path.of(file));
            if (file.isEmpty()) {
                missing.add(key);
            } else if (!Files.isReadable(Path.of(file))) {
                throw section.refuse(key, file, "must be a readable PEM file");
            }
        }
        section.requireNoOther();
        if (missing.size() == files.size()) {
            return null;
        }
        if (!missing.isEmpty()) {
            throw section.refuse(missing.getFirst(), "", "must be given where another file of tls is");
        }
        return new TlsFiles(files.get(0), files.get(1), files.get(2));
    }

    private void check(SettingsSection section) {
        if (!name.matches(NAME)) {
            throw section.refuse("name", name, "must match " + NAME);
        }
        if (roles.isEmpty()) {
            throw section.refuse("roles", roles, "must name at least one");
        }
        if (ranks.teachers() > 0 && !roles.contains(NodeRole.TEACHER)) {
            throw section.refuse("roles", roles, "must hold teacher where ranks.teachers is " + ranks.teachers());
        }
        if (ranks.students() > 0 && !roles.contains(NodeRole.STUDENT)) {
            throw section.refuse("roles", roles, "must hold student where ranks.students is " + ranks.students());
        }
        if (tls == null && !control.loopback()) {
            throw section.section("control").refuse("host", control.host(), "must be loopback where tls is not given");
        }
    }

    /** Whether this node and its children are to be the whole cluster. */
    boolean isAlone() {
        return tls == null && control.invitesNobody();
    }

    /** Whether the node's ranks are processes of their own. */
    boolean hasChildren() {
        return ranks.process() == RankLayout.Isolation.CHILD && ranks.teachers() + ranks.students() > 0;
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName().replaceFirst("\\..*", "");
        } catch (UnknownHostException e) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    ROOT + ".name is []: must be given where the host has no name",
                    e);
        }
    }

    /** Writes the section for {@link #read} by this node's children, which are told where its identity is. */
    public void write(Path file) {
        ConfigValue identity = ConfigValueFactory.fromAnyRef(
                Membership.directory(this).toAbsolutePath().toString());
        try {
            Files.writeString(
                    file,
                    source.withValue("control.identity", identity)
                            .atPath(ROOT)
                            .root()
                            .render(ConfigRenderOptions.concise()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
