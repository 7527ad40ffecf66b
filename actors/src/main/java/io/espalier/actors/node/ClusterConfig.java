package io.espalier.actors.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.EspalierConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The configuration of an actor system that is a member of the cluster. */
public final class ClusterConfig {
    /** Every member's actor system has this name. */
    public static final String SYSTEM = "espalier";

    private static final String CLUSTER = "pekko.cluster.";
    private static final String ARTERY = "pekko.remote.artery.";

    private ClusterConfig() {}

    /** The configuration of a node itself, whose state directory is its own. */
    public static Config of(NodeSettings node) {
        List<String> roles = node.roles().stream().map(NodeRole::label).sorted().toList();
        return of(node, Membership.of(node), roles, node.control().port());
    }

    /** The configuration of a node's child process, on any free port; {@code roles} must not hold the coordinator's. */
    static Config ofRank(NodeSettings node, List<String> roles) {
        return of(node, Membership.ofRank(node), roles, 0);
    }

    private static Config of(NodeSettings node, Membership membership, List<String> roles, int port) {
        Map<String, Object> values = new HashMap<>();
        values.put(ARTERY + "canonical.hostname", node.control().host());
        values.put(ARTERY + "canonical.port", port);
        values.put(ARTERY + "bind.hostname", node.control().bind());
        values.put(CLUSTER + "roles", new ArrayList<>(roles));
        // The first seed founds a cluster where nobody answers. Cut off from the others it must not coordinate in it.
        values.put(
                CLUSTER + "role." + NodeRole.COORDINATOR.label() + ".min-nr-of-members",
                node.control().quorum());
        DetectionSettings detection = node.detection();
        values.put(CLUSTER + "failure-detector.heartbeat-interval", detection.heartbeat());
        values.put(CLUSTER + "failure-detector.acceptable-heartbeat-pause", detection.acceptablePause());
        values.put(CLUSTER + "failure-detector.expected-response-after", detection.heartbeat());
        values.put(CLUSTER + "split-brain-resolver.stable-after", detection.stableAfter());
        switch (membership) {
            case Membership.Lone() -> {
                values.put("pekko.actor.provider", LoneProvider.class.getName());
                // Pekko knows its own providers by name, and takes any other for one without a cluster.
                values.put("pekko.remote.use-unsafe-remote-features-outside-cluster", "on");
            }
            case Membership.Certified(TlsFiles files, boolean named) -> {
                values.put(ARTERY + "transport", "tls-tcp");
                values.put(ARTERY + "ssl.ssl-engine-provider", PemEngines.class.getName());
                values.put(PemEngines.KEY, files.key().toString());
                values.put(PemEngines.CERTIFICATE, files.certificate().toString());
                values.put(PemEngines.TRUST, files.trust().toString());
                values.put(PemEngines.NAMED, named);
            }
        }
        return ConfigFactory.parseMap(values)
                .withFallback(ConfigFactory.parseResources("espalier-cluster.conf"))
                .withFallback(EspalierConfig.load())
                .resolve();
    }
}
