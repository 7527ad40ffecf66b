package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A member with TLS holds a certificate of the authorities that names its host: a stranger's, one for another host and
 * none at all are not let in.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
@Tag("full")
class TlsTest {
    private static final String TRUST = "espalier.node.tls.trust";

    @TempDir
    static Path directory;

    private static Authority authority;
    private static Authority stranger;

    @BeforeAll
    static void makeCertificates() throws Exception {
        Assumptions.assumeTrue(Authority.available(), "openssl is not there to make certificates with");
        authority = Authority.create(directory.resolve("ours"));
        stranger = Authority.create(directory.resolve("theirs"));
    }

    private static Node start(String name, Map<String, Object> tls, List<String> seeds) throws InterruptedException {
        Map<String, Object> values = new HashMap<>(tls);
        values.put("espalier.node.name", name);
        values.put("espalier.node.state", directory.resolve("state-" + name).toString());
        values.put("espalier.node.control.seeds", seeds);
        values.put(
                "espalier.node.control.identity", directory.resolve("identity").toString());
        values.put("espalier.node.control.join-timeout", "8 s");
        Config config = ConfigFactory.parseMap(values);
        return Node.start(
                NodeSettings.of(config),
                () -> new NodeParts(
                        GreetingHost::create, List.of(), new Heard()::coordinator, () -> directory, _ -> {}, () -> {}));
    }

    private static int members(Node node) {
        int count = 0;
        for (Object _ : Cluster.get(node.system()).state().getMembers()) {
            count++;
        }
        return count;
    }

    @Test
    void aMemberHasACertificateOfTheAuthorities() throws Exception {
        try (Node first = start("first", authority.certificate("first", "IP:127.0.0.1"), List.of())) {
            List<String> seeds = List.of(first.address());
            try (Node second = start("second", authority.certificate("second", "IP:127.0.0.1"), seeds)) {
                assertThat(members(second)).isEqualTo(2);
            }
            Map<String, Object> theirs = stranger.certificate("third", "IP:127.0.0.1");
            assertRefused("third", theirs, seeds);
            assertRefused("fourth", Map.of(), seeds);
            assertThat(members(first)).as("members, once the second has left").isEqualTo(1);
        }
    }

    /**
     * A client that trusts its server takes the handshake for done before it is refused. One stranger shows no
     * certificate, since it has none of the authorities that are asked for; the other's certificate claims to be
     * theirs.
     */
    @Test
    void strangersThatTrustTheAuthoritiesAreRefusedAndHoldUpNobody() throws Exception {
        Map<String, Object> ours = authority.certificate("host", "IP:127.0.0.1");
        Authority namesake = Authority.create(directory.resolve("elsewhere/ours"));
        Node node = start("host", ours, List.of());
        try (node) {
            for (Authority other : List.of(stranger, namesake)) {
                Map<String, Object> theirs = new HashMap<>(other.certificate("trusting", "IP:127.0.0.1"));
                theirs.put(TRUST, ours.get(TRUST));
                assertRefused("trusting", theirs, List.of(node.address()));
            }
            assertThat(members(node)).isEqualTo(1);
        }
    }

    @Test
    void aMemberIsNotJoinedThatHasTheCertificateOfAnotherHost() throws Exception {
        try (Node first = start("other", authority.certificate("other", "DNS:elsewhere.example"), List.of())) {
            assertRefused("fifth", authority.certificate("fifth", "IP:127.0.0.1"), List.of(first.address()));
        }
    }

    private static void assertRefused(String name, Map<String, Object> tls, List<String> seeds) {
        assertThatThrownBy(() -> start(name, tls, seeds).close())
                .isInstanceOf(Refused.class)
                .hasMessageContaining("has not taken in");
    }

    @Test
    void whatIsNoKeyIsRefusedWithItsFile() throws Exception {
        Map<String, Object> tls = new HashMap<>(authority.certificate("sixth", "IP:127.0.0.1"));
        tls.put("espalier.node.tls.key", tls.get("espalier.node.tls.certificate"));
        assertThatThrownBy(() -> start("sixth", tls, List.of()))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("sixth.pem: must hold one PKCS#8 key");
    }
}
