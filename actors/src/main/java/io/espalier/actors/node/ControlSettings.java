package io.espalier.actors.node;

import io.espalier.actors.settings.SettingsSection;
import io.espalier.gpu.Refused;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The address of a node and the cluster that it joins.
 *
 * @param host that others reach it by
 * @param bind address to listen on
 * @param port TCP; 0 for any free one
 * @param seeds {@code host:port} of nodes to join; empty for none
 * @param seedDns null for none
 * @param identity directory of the key that nodes of this host share where there is no TLS; empty for the usual one
 * @param joinTimeout longest wait for the cluster to take the node in
 */
public record ControlSettings(
        String host,
        String bind,
        int port,
        List<String> seeds,
        SeedDns seedDns,
        Optional<Path> identity,
        Duration joinTimeout) {
    private static final int MOST_ADDRESSES = 1000;
    private static final int LARGEST_PORT = 65_535;
    private static final String SEED = "[^:\\s]+:\\d{1,5}";

    /**
     * A name that resolves to the nodes.
     *
     * @param addresses that must be there before any is joined: two halves that see themselves alone would found two clusters
     * @param interval between two questions
     * @param giveUp after this long without an answer
     */
    public record SeedDns(String name, int addresses, Duration interval, Duration giveUp) {}

    static ControlSettings of(SettingsSection section) {
        SettingsSection dns = section.section("seed-dns");
        SeedDns seedDns = new SeedDns(
                dns.text("name"),
                dns.number("addresses", 1, MOST_ADDRESSES),
                dns.duration("interval"),
                dns.duration("give-up"));
        dns.requireNoOther();
        String host = section.text("host");
        String bind = section.text("bind");
        ControlSettings control = new ControlSettings(
                host,
                bind.isEmpty() ? host : bind,
                section.number("port", 0, LARGEST_PORT),
                section.texts("seeds"),
                seedDns.name.isEmpty() ? null : seedDns,
                Optional.of(section.text("identity"))
                        .filter(text -> !text.isEmpty())
                        .map(Path::of),
                section.duration("join-timeout"));
        section.requireNoOther();
        control.check(section, dns);
        return control;
    }

    /** Nodes that must be there before any of them is a full member: more than half of those that are to found the cluster. */
    int quorum() {
        int founders = seedDns == null ? seeds.size() : seedDns.addresses;
        return founders / 2 + 1;
    }

    private void check(SettingsSection section, SettingsSection dns) {
        if (host.isBlank()) {
            throw section.refuse("host", host, "must be a name or an address");
        }
        for (String seed : seeds) {
            if (!seed.matches(SEED)) {
                throw section.refuse("seeds", seed, "must be host:port");
            }
        }
        if (seedDns != null && !seeds.isEmpty()) {
            throw dns.refuse("name", seedDns.name, "must be empty where seeds are given");
        }
        if (seedDns != null && port == 0) {
            throw section.refuse("port", port, "must be the port of all nodes where seed-dns is given");
        }
    }

    /** Whether this node joins no other node, and no other node can be told where to join this one. */
    boolean invitesNobody() {
        return seeds.isEmpty() && seedDns == null && port == 0 && identity.isEmpty();
    }

    /** Whether nobody outside this machine can reach the node. */
    boolean loopback() {
        return isLoopback(host) && isLoopback(bind);
    }

    private static boolean isLoopback(String name) {
        try {
            return InetAddress.getByName(name).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "espalier.node.control.host is [" + name + "]: must resolve to an address",
                    e);
        }
    }
}
