package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * With TLS, a member is who holds a certificate of the authorities that names its host: a stranger's, one for another host
 * and none at all are not let in.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class TlsTest {
    @TempDir
    static Path directory;

    private static Path authority;
    private static Path stranger;

    @BeforeAll
    static void makeCertificates() throws Exception {
        Assumptions.assumeTrue(has("openssl"), "openssl is not there to make certificates with");
        authority = authority("ours");
        stranger = authority("theirs");
    }

    private static boolean has(String program) {
        try {
            return new ProcessBuilder(program, "version")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException absent) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void openssl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Path output = directory.resolve("openssl.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor())
                .as(String.join(" ", command) + "\n" + Files.readString(output))
                .isZero();
    }

    private static Path authority(String name) throws Exception {
        Path home = Files.createDirectories(directory.resolve(name));
        openssl(
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=" + name,
                "-keyout",
                home.resolve("ca.key").toString(),
                "-out",
                home.resolve("ca.pem").toString());
        return home;
    }

    /** Key and certificate for a host, signed by the authority, as settings. */
    private static Map<String, Object> certificate(Path authority, String name, String host) throws Exception {
        Path key = authority.resolve(name + ".key");
        Path request = authority.resolve(name + ".csr");
        Path certificate = authority.resolve(name + ".pem");
        Path extensions = Files.writeString(authority.resolve(name + ".ext"), "subjectAltName=" + host + "\n");
        openssl(
                "req",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-subj",
                "/CN=" + name,
                "-keyout",
                key.toString(),
                "-out",
                request.toString());
        openssl(
                "x509",
                "-req",
                "-in",
                request.toString(),
                "-CA",
                authority.resolve("ca.pem").toString(),
                "-CAkey",
                authority.resolve("ca.key").toString(),
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                extensions.toString(),
                "-out",
                certificate.toString());
        return Map.of(
                "espalier.node.tls.key", key.toString(),
                "espalier.node.tls.certificate", certificate.toString(),
                "espalier.node.tls.trust", authority.resolve("ca.pem").toString());
    }

    private static Node start(String name, Map<String, Object> tls, List<String> seeds) throws InterruptedException {
        Map<String, Object> values = new HashMap<>(tls);
        values.put("espalier.node.name", name);
        values.put("espalier.node.state", directory.resolve("state-" + name).toString());
        values.put("espalier.node.control.seeds", seeds);
        values.put("espalier.node.control.join-timeout", "8 s");
        Config config = ConfigFactory.parseMap(values);
        return Node.start(
                NodeSettings.of(config),
                new NodeParts(GreetingHost::create, List.of(), new Heard()::coordinator, directory, _ -> {}, () -> {}));
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
        try (Node first = start("first", certificate(authority, "first", "IP:127.0.0.1"), List.of())) {
            List<String> seeds = List.of(first.address());
            try (Node second = start("second", certificate(authority, "second", "IP:127.0.0.1"), seeds)) {
                assertThat(members(second)).isEqualTo(2);
            }
            Map<String, Object> theirs = certificate(stranger, "third", "IP:127.0.0.1");
            assertRefused("third", theirs, seeds);
            assertRefused("fourth", Map.of(), seeds);
            assertThat(members(first)).as("members, once the second has left").isEqualTo(1);
        }
    }

    @Test
    void aMemberIsNotJoinedThatHasTheCertificateOfAnotherHost() throws Exception {
        try (Node first = start("other", certificate(authority, "other", "DNS:elsewhere.example"), List.of())) {
            assertRefused("fifth", certificate(authority, "fifth", "IP:127.0.0.1"), List.of(first.address()));
        }
    }

    private static void assertRefused(String name, Map<String, Object> tls, List<String> seeds) {
        assertThatThrownBy(() -> start(name, tls, seeds).close())
                .isInstanceOf(Refused.class)
                .hasMessageContaining("has not taken in");
    }

    @Test
    void whatIsNoKeyIsRefusedWithItsFile() throws Exception {
        Map<String, Object> tls = new HashMap<>(certificate(authority, "sixth", "IP:127.0.0.1"));
        tls.put("espalier.node.tls.key", tls.get("espalier.node.tls.certificate"));
        assertThatThrownBy(() -> start("sixth", tls, List.of()))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("sixth.pem: must hold one PKCS#8 key");
    }
}
