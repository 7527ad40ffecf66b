package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The settings of the server are read whole or refused with key, value and rule; exit status 78. */
@Timeout(60)
class HttpSettingsTest {
    @TempDir
    Path directory;

    private static HttpSettings of(Map<String, Object> values) {
        return HttpSettings.of(ConfigFactory.parseMap(values));
    }

    private static void assertRefused(Map<String, Object> values, String... texts) {
        assertThatThrownBy(() -> of(values))
                .isInstanceOfSatisfying(
                        Refused.class,
                        refused -> assertThat(refused.reason().exitCode()).isEqualTo(78))
                .message()
                .contains(texts);
    }

    @Test
    void onLoopbackNothingMoreIsNeeded() {
        HttpSettings settings = of(Map.of());
        assertThat(settings.bind().loopback()).isTrue();
        assertThat(settings.tls()).isEmpty();
    }

    @Test
    void aWiderBindNeedsTlsAndTokensAndSaysWhichAreMissing() throws IOException {
        Path pem = Files.createFile(directory.resolve("x.pem"));
        Map<String, Object> values = new HashMap<>();
        for (String host : new String[] {"0.0.0.0", "::", "192.0.2.1"}) {
            values.put("espalier.http.bind.host", host);
            assertRefused(
                    values,
                    "espalier.http.bind.host is [" + host + "]",
                    "espalier.http.tls.key",
                    "espalier.http.tls.certificate",
                    "espalier.http.access.read-token-file",
                    "espalier.http.access.operate-token-file");
        }
        values.put(
                "espalier.http.access.operate-token-file",
                RunningServer.tokenFile(directory, "operate", RunningServer.OPERATE));
        assertRefused(values, "read-token-file", "tls.key");
        values.put(
                "espalier.http.access.read-token-file", RunningServer.tokenFile(directory, "read", RunningServer.READ));
        assertRefused(values, "tls.key");
        values.put("espalier.http.tls.key", pem.toString());
        values.put("espalier.http.tls.certificate", pem.toString());
        assertThat(of(values).bind().loopback()).isFalse();
    }

    @TestFactory
    Stream<DynamicTest> whatBreaksARuleIsRefused() {
        Map<String, String> refusals = Map.ofEntries(
                Map.entry("nonsense = 1", "http.nonsense is [1]: is no key"),
                Map.entry("bind.port = 70000", "bind.port is [70000]: must be a whole number"),
                Map.entry("bind.host = \"no host\"", "bind.host is [no host]: must resolve"),
                Map.entry("tls.key = \"/nowhere\"", "tls.key is [/nowhere]: must be a readable file"),
                Map.entry("access.read-token-file = \"/nowhere\"", "read-token-file is [/nowhere]: must be a readable"),
                Map.entry("access.allowed-hosts = [\"a:80\"]", "allowed-hosts is [a:80]: must be a name"),
                Map.entry("limits.connections = 0", "limits.connections is [0]: must be"),
                Map.entry("limits.body = 5 TiB", "limits.body is [5497558138880]: must be a size"),
                Map.entry("limits.idle = 0 s", "limits.idle is [PT0S]: must be a duration"),
                Map.entry("ingest { body = 2 KiB, line = 4 KiB }", "ingest.line is [4096]: must not be above body"),
                Map.entry("events.buffered = 0", "events.buffered is [0]"),
                Map.entry(
                        "pages { items = 9, most-items = 5 }",
                        "pages.items is [9]: must be a whole number from 1 to 5"),
                Map.entry("operations.kept = x", "operations.kept is [x]"),
                Map.entry("audit.file-size = 1", "audit.file-size is [1]: must be a size"),
                Map.entry("shutdown-wait = soon", "shutdown-wait is [soon]: must be a duration"));
        return refusals.entrySet().stream()
                .map(refusal -> DynamicTest.dynamicTest(
                        refusal.getKey(),
                        () -> assertThatThrownBy(() -> HttpSettings.of(
                                        ConfigFactory.parseString("espalier.http {\n" + refusal.getKey() + "\n}")))
                                .isInstanceOf(Refused.class)
                                .hasMessageContaining(refusal.getValue())));
    }

    @Test
    void aTokenThatOthersCanReadOrGuessIsRefusedAndNotRepeated() throws IOException {
        String key = "espalier.http.access.operate-token-file";
        String open = RunningServer.tokenFile(directory, "open", RunningServer.OPERATE);
        Files.setPosixFilePermissions(Path.of(open), PosixFilePermissions.fromString("rw-r-----"));
        assertRefused(Map.of(key, open), "must belong to its owner alone");
        for (String weak : new String[] {"", "short", "two words of a token", "x".repeat(513)}) {
            String file = RunningServer.tokenFile(directory, "weak", weak);
            assertThatThrownBy(() -> of(Map.of(key, file)))
                    .isInstanceOf(Refused.class)
                    .hasMessageContaining("16 to 512")
                    .message()
                    .matches(message -> weak.isEmpty() || !message.contains(weak));
        }
    }

    @Test
    void tokensDifferAndNoneStandsWithoutTheOneToOperate() throws IOException {
        String one = RunningServer.tokenFile(directory, "one", RunningServer.READ);
        String two = RunningServer.tokenFile(directory, "two", RunningServer.READ);
        assertRefused(Map.of("espalier.http.access.read-token-file", one), "operate-token-file", "must be given");
        assertRefused(Map.of("espalier.http.access.ingest-token-file", one), "operate-token-file", "must be given");
        assertRefused(
                Map.of("espalier.http.access.read-token-file", one, "espalier.http.access.operate-token-file", two),
                "must hold another token");
    }

    @Test
    void ofTlsBothFilesOrNoneAreGiven() throws IOException {
        Path pem = Files.createFile(directory.resolve("x.pem"));
        assertRefused(Map.of("espalier.http.tls.key", pem.toString()), "tls.certificate is []");
        assertRefused(Map.of("espalier.http.tls.certificate", pem.toString()), "tls.key is []");
    }
}
