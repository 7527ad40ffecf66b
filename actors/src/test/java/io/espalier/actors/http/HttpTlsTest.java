package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.actors.settings.PemContext;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server speaks TLS 1.3 with PEM files, and nothing else. */
@Timeout(60)
@Tag("full")
class HttpTlsTest {
    @TempDir
    static Path directory;

    private static Path key;
    private static Path certificate;

    @BeforeAll
    static void makeCertificate() throws Exception {
        key = directory.resolve("server.key");
        certificate = directory.resolve("server.pem");
        List<String> command = List.of(
                "openssl",
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
                "/CN=espalier",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString());
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("openssl.txt").toFile())
                    .start();
            assertThat(process.waitFor()).isZero();
        } catch (IOException absent) {
            Assumptions.abort("openssl is not there to make a certificate with");
        }
    }

    private static RunningServer start() {
        return RunningServer.open(
                directory,
                Map.of(
                        "espalier.http.tls.key", key.toString(),
                        "espalier.http.tls.certificate", certificate.toString()));
    }

    private static SSLSocket connect(URI server) throws IOException {
        return (SSLSocket) PemContext.of(key, certificate, Optional.of(certificate), "test")
                .getSocketFactory()
                .createSocket(server.getHost(), server.getPort());
    }

    @Test
    void requestsAreAnsweredOverTls() throws IOException {
        try (RunningServer server = start();
                SSLSocket socket = connect(server.address())) {
            assertThat(server.address()).hasScheme("https");
            RawRequest request = server.request("GET", "/v1/jobs")
                    .header("Origin", "https://" + server.address().getAuthority());
            socket.getOutputStream().write(request.bytes());
            assertThat(RawAnswer.read(socket.getInputStream(), true).status()).isEqualTo(200);
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    @Test
    void olderTlsAndPlainTextAreNot() throws IOException {
        try (RunningServer server = start();
                SSLSocket socket = connect(server.address())) {
            socket.setEnabledProtocols(new String[] {"TLSv1.2"});
            assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
            assertThatThrownBy(() -> server.request("GET", "/v1/jobs").send()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aFileThatIsNoKeyIsRefusedByName() {
        assertThatThrownBy(() -> RunningServer.open(
                        directory,
                        Map.of(
                                "espalier.http.tls.key", certificate.toString(),
                                "espalier.http.tls.certificate", certificate.toString())))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("server.pem: must hold one PKCS#8 key");
    }
}
