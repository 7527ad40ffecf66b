package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.rank.RankPlace;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node's configuration is read whole or refused with file, line, key, value and rule; exit status 78. */
@Timeout(60)
class NodeSettingsTest {
    @TempDir
    Path directory;

    private NodeSettings read(String text) throws IOException {
        return NodeSettings.read(Files.writeString(directory.resolve("node.conf"), text));
    }

    @TestFactory
    Stream<DynamicTest> whatBreaksARuleIsRefusedWithItsPlace() {
        Map<String, String> refusals = Map.ofEntries(
                Map.entry("nmae = x", "node.nmae is [x]: is no key: known are"),
                Map.entry("name = \"a b\"", "node.name is [a b]: must match"),
                Map.entry("roles = [techer]", "node.roles is [techer]: must be one of [teacher, student"),
                Map.entry("roles = []", "node.roles is [[]]: must name at least one"),
                Map.entry(
                        "control.port = 70000", "node.control.port is [70000]: must be a whole number from 0 to 65535"),
                Map.entry(
                        "control.host = \"192.0.2.1\"", "node.control.host is [192.0.2.1]: must be loopback where tls"),
                Map.entry("control.seeds = [here]", "node.control.seeds is [here]: must be host:port"),
                Map.entry(
                        "control { port = 1, seeds = [\"a:1\"], seed-dns.name = x }",
                        "seed-dns.name is [x]: must be empty"),
                Map.entry(
                        "control { port = 0, seed-dns.name = x }",
                        "node.control.port is [0]: must be the port of all nodes"),
                Map.entry("control = 3", "node.control is [3]: must be a section"),
                Map.entry("detection.heartbeat = 3 s", "node.detection.heartbeat is [PT3S]: must be at most half"),
                Map.entry("detection.stable-after = soon", "node.detection.stable-after is [soon]: must be a duration"),
                Map.entry("ranks.process = thread", "node.ranks.process is [thread]: must be one of [child, embedded]"),
                Map.entry("ranks.devices = [gpu]", "node.ranks.devices is [gpu]: must match"),
                Map.entry("ranks.max-backoff = 1 ms", "node.ranks.max-backoff is [PT0.001S]: must not be below"),
                Map.entry("roles = [teacher], ranks.students = 1", "must hold student where ranks.students is 1"),
                Map.entry("tls.key = \"/nowhere\"", "node.tls.key is [/nowhere]: must be a readable PEM file"));
        return refusals.entrySet().stream()
                .map(refusal -> DynamicTest.dynamicTest(refusal.getKey(), () -> {
                    assertThatThrownBy(() -> read("espalier.node {\n" + refusal.getKey() + "\n}"))
                            .isInstanceOfSatisfying(
                                    Refused.class,
                                    refused -> assertThat(refused.reason().exitCode())
                                            .isEqualTo(78))
                            .hasMessageContaining("node.conf: 2")
                            .hasMessageContaining(refusal.getValue());
                }));
    }

    @Test
    void ofTlsAllFilesOrNoneAreGiven() throws IOException {
        Path key = Files.createFile(directory.resolve("key.pem"));
        assertThatThrownBy(() -> read("espalier.node.tls.key = \"" + key + "\""))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("node.tls.certificate is []: must be given where another file of tls is");
    }

    @Test
    void whatIsWrittenForChildrenIsReadAsTheSame() throws IOException {
        NodeSettings settings = read("espalier.node { name = a, ranks.teachers = 2, control.port = 2551 }");
        Path file = directory.resolve("again.conf");
        settings.write(file);
        NodeSettings again = NodeSettings.read(file);
        assertThat(again)
                .usingRecursiveComparison()
                .ignoringFields("source", "control.identity")
                .isEqualTo(settings);
    }

    @Test
    void ranksAreNamedAfterTheirNodeAndShareItsProcessorsAndDevices() throws IOException {
        NodeSettings settings = read(
                "espalier.node { name = a, ranks { teachers = 2, students = 1, devices = [\"cuda:0\", \"cuda:1\"] } }");
        List<RankPlace> places = settings.ranks().places("a", 8);
        assertThat(places).extracting(RankPlace::name).containsExactly("a-teacher-0", "a-teacher-1", "a-student-0");
        assertThat(places).extracting(RankPlace::device).containsExactly("cuda:0", "cuda:1", "cuda:0");
        assertThat(places).extracting(RankPlace::threads).containsOnly(2);
    }

    @TestFactory
    Stream<DynamicTest> everyConfigurationShippedIsUnderstood() throws IOException {
        Path shipped = Path.of(System.getProperty("espalier.root", "..")).resolve("config/cluster");
        try (Stream<Path> files = Files.list(shipped)) {
            List<Path> all = files.sorted().toList();
            assertThat(all).isNotEmpty();
            return all.stream()
                    .map(file -> DynamicTest.dynamicTest(
                            file.getFileName().toString(),
                            () -> assertThat(NodeSettings.read(file).roles()).isNotEmpty()));
        }
    }
}
