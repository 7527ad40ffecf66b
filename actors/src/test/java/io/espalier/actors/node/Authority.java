package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An authority of a test's own, and the certificates that it signs: files made by openssl. */
public final class Authority {
    private static final List<String> KEY = List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes");

    private final Path home;

    private Authority(Path home) {
        this.home = home;
    }

    /** Whether there is a program to make certificates with. */
    public static boolean available() {
        try {
            return new ProcessBuilder("openssl", "version")
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

    /** Makes one in the directory, which it makes too, and names it after that. */
    public static Authority create(Path home) throws IOException, InterruptedException {
        Files.createDirectories(home);
        Authority authority = new Authority(home);
        List<String> arguments = new ArrayList<>(List.of("req", "-x509", "-days", "2"));
        arguments.addAll(KEY);
        arguments.addAll(List.of("-subj", "/CN=" + home.getFileName()));
        arguments.addAll(List.of("-keyout", authority.file("ca.key"), "-out", authority.file("ca.pem")));
        authority.openssl(arguments);
        return authority;
    }

    /**
     * Key and certificate for a host, as settings of a node that trusts this authority.
     *
     * @param host {@code IP:ADDRESS} or {@code DNS:NAME}
     */
    public Map<String, Object> certificate(String name, String host) throws IOException, InterruptedException {
        Files.writeString(home.resolve(name + ".ext"), "subjectAltName=" + host + "\n");
        List<String> request = new ArrayList<>(List.of("req"));
        request.addAll(KEY);
        request.addAll(List.of("-subj", "/CN=" + name));
        request.addAll(List.of("-keyout", file(name + ".key"), "-out", file(name + ".csr")));
        openssl(request);
        List<String> sign = new ArrayList<>(List.of("x509", "-req", "-days", "2", "-CAcreateserial"));
        sign.addAll(List.of("-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-in", file(name + ".csr")));
        sign.addAll(List.of("-extfile", file(name + ".ext"), "-out", file(name + ".pem")));
        openssl(sign);
        return Map.of(
                "espalier.node.tls.key", file(name + ".key"),
                "espalier.node.tls.certificate", file(name + ".pem"),
                "espalier.node.tls.trust", file("ca.pem"));
    }

    private String file(String name) {
        return home.resolve(name).toString();
    }

    private void openssl(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(arguments);
        Path output = home.resolve("openssl.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor())
                .as(String.join(" ", command) + "\n" + Files.readString(output))
                .isZero();
    }
}
