package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The files that are shipped in config/ for those who run a daemon fit the daemon. */
@Timeout(60)
class ShippedConfigurationTest {
    private static final Path CONFIG =
            Path.of(System.getProperty("espalier.root", "..")).resolve("config");

    @TempDir
    Path directory;

    private static DaemonSettings read(Path file, Path state) {
        return DaemonSettings.read(Optional.of(file), Optional.of(state), state);
    }

    @Test
    void theHostsConfigurationIsUnderstood() {
        DaemonSettings settings = read(CONFIG.resolve("systemd/daemon.conf"), directory);
        assertThat(settings.node().ranks().students()).isEqualTo(1);
        assertThat(settings.http().bind().host()).isEqualTo("127.0.0.1");
    }

    @Test
    void theUnitGivesADaemonThatParksItsTime() throws IOException {
        String unit = Files.readString(CONFIG.resolve("systemd/espalier.service"));
        long stop = Long.parseLong(unit.replaceFirst("(?s).*TimeoutStopSec=(\\d+).*", "$1"));
        Duration grace = read(CONFIG.resolve("systemd/daemon.conf"), directory)
                .node()
                .processes()
                .stopGrace();
        assertThat(Duration.ofSeconds(stop)).isGreaterThan(grace.multipliedBy(2));
        assertThat(unit).contains("KillMode=mixed", "RestartPreventExitStatus=2 3 4 78", "NoNewPrivileges=yes");
    }

    @Test
    @Tag("full")
    void systemdFindsNothingWrongWithTheUnit() throws Exception {
        assumeThat(Path.of("/usr/bin/systemd-analyze"))
                .as("systemd-analyze is not here")
                .isExecutable();
        Path launcher = CONFIG.resolveSibling("espalier").toRealPath();
        Path unit = directory.resolve("espalier.service");
        Files.writeString(
                unit,
                Files.readString(CONFIG.resolve("systemd/espalier.service"))
                        .replace("/opt/espalier/bin/espalier", launcher.toString())
                        .replace("User=espalier\n", "DynamicUser=yes\n")
                        .replaceFirst("Documentation=.*\n", ""));
        Process verify = new ProcessBuilder("systemd-analyze", "verify", "--man=no", unit.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        List<String> ours =
                said.lines().filter(line -> line.contains("espalier.service")).toList();
        assertThat(ours).as(said).isEmpty();
        assertThat(verify.waitFor()).as(said).isZero();
    }

    private static List<JsonNode> manifests() throws IOException {
        ObjectMapper yaml = new YAMLMapper();
        List<JsonNode> documents = new ArrayList<>();
        try (var parser = new YAMLFactory()
                .createParser(CONFIG.resolve("kubernetes/espalier.yaml").toFile())) {
            yaml.readValues(parser, JsonNode.class).forEachRemaining(documents::add);
        }
        return documents;
    }

    private static JsonNode manifest(String kind) throws IOException {
        return manifests().stream()
                .filter(document -> document.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    private static JsonNode container() throws IOException {
        return manifest("StatefulSet")
                .path("spec")
                .path("template")
                .path("spec")
                .path("containers")
                .path(0);
    }

    @Test
    void theProbesOfThePodAreRoutesOfTheServer() throws IOException {
        JsonNode api;
        try (var openapi = getClass().getResourceAsStream("/io/espalier/actors/http/openapi.json")) {
            api = new ObjectMapper().readTree(openapi);
        }
        for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
            JsonNode get = container().path(probe).path("httpGet");
            assertThat(api.path("paths").has(get.path("path").asText()))
                    .as(probe + " " + get)
                    .isTrue();
            assertThat(get.path("port").asText()).isEqualTo("https");
            assertThat(get.path("scheme").asText()).isEqualTo("HTTPS");
        }
    }

    @Test
    void thePodsConfigurationIsUnderstoodAndItsPortIsThePods() throws IOException {
        String text = manifest("ConfigMap").path("data").path("daemon.conf").asText();
        for (String secret : List.of("tls.key", "tls.crt", "read-token", "operate-token")) {
            Path file = Files.createFile(
                    directory.resolve(secret),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, secret + "-0123456789abcdef");
        }
        Path file = Files.writeString(
                directory.resolve("daemon.conf"), text.replace("/run/espalier", directory.toString()));
        DaemonSettings settings = read(file, directory.resolve("state"));
        assertThat(settings.http().tls()).isPresent();
        int port = settings.http().bind().port();
        assertThat(port)
                .as("the default")
                .isEqualTo(ConfigFactory.parseResources("espalier-http.conf").getInt("espalier.http.bind.port"));
        JsonNode ports = container().path("ports").path(0);
        assertThat(ports.path("name").asText()).isEqualTo("https");
        assertThat(ports.path("containerPort").asInt()).isEqualTo(port);
        assertThat(manifest("Service")
                        .path("spec")
                        .path("ports")
                        .path(0)
                        .path("port")
                        .asInt())
                .isEqualTo(port);
        long grace = manifest("StatefulSet")
                .path("spec")
                .path("template")
                .path("spec")
                .path("terminationGracePeriodSeconds")
                .asLong();
        assertThat(Duration.ofSeconds(grace))
                .isGreaterThan(settings.node().processes().stopGrace().multipliedBy(2));
    }

    @Test
    void whatThePodMountsIsWhereTheDaemonLooks() throws IOException {
        List<String> mounts = StreamSupport.stream(
                        container().path("volumeMounts").spliterator(), false)
                .map(mount -> mount.path("mountPath").asText())
                .toList();
        List<String> arguments = StreamSupport.stream(container().path("args").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        for (String option : List.of("--config", "--state")) {
            String path = arguments.get(arguments.indexOf(option) + 1);
            assertThat(mounts).as(option).anyMatch(path::startsWith);
        }
        Config config = ConfigFactory.parseString(
                manifest("ConfigMap").path("data").path("daemon.conf").asText());
        assertThat(mounts)
                .contains(Path.of(config.getString("espalier.http.tls.key"))
                        .getParent()
                        .toString());
    }

    @Test
    void theContainerRunsTheArchiveThatIsBuiltByAnotherThanRoot() throws IOException {
        String file = Files.readString(CONFIG.resolve("container/Containerfile"));
        String pom = Files.readString(CONFIG.resolveSibling("pom.xml"));
        String version = pom.replaceFirst("(?s).*?<artifactId>espalier</artifactId>\\s*<version>([^<]+)<.*", "$1");
        assertThat(file)
                .contains(
                        "ADD actors/target/espalier-" + version + ".tar.gz /opt/",
                        "RUN ln -s espalier-" + version + " /opt/espalier",
                        "USER 10001",
                        "ENTRYPOINT [\"/opt/espalier/bin/espalier\"]");
        assertThat(file)
                .contains("EXPOSE "
                        + ConfigFactory.parseResources("espalier-http.conf").getInt("espalier.http.bind.port"));
        assertThat(manifest("StatefulSet").toString()).contains("\"runAsUser\":10001");
    }
}
