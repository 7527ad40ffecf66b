package io.espalier.actors.job.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A PostgreSQL of a test's own, on a free port of one address and with a password; gone when it is closed. */
public final class PostgresServer implements AutoCloseable {
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static final String USER = "espalier";
    private static final int COMMAND_SECONDS = 60;

    private final Path binaries;
    private final Path directory;
    private final String address;
    private final int port;

    private PostgresServer(Path binaries, Path directory, String address, int port) {
        this.binaries = binaries;
        this.directory = directory;
        this.address = address;
        this.port = port;
    }

    /** The directory of the server's programs; null where it is not installed. */
    public static Path binaries() {
        if (!Files.isDirectory(INSTALLED)) {
            return null;
        }
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a server on the loopback interface. */
    static PostgresServer start(Path binaries) throws IOException {
        return start(binaries, "127.0.0.1");
    }

    /** Starts a server on an address of this host, open to all hosts of its network. */
    public static PostgresServer start(Path binaries, String address) throws IOException {
        // The server refuses root, so that even its directory is another user's.
        Path directory = Path.of(
                run(List.of("mktemp", "-d", "/tmp/espalier-postgres-XXXXXXXX")).strip());
        PostgresServer server = new PostgresServer(binaries, directory, address, freePort(address));
        try {
            run(List.of("sh", "-c", "umask 077; echo secret > " + directory + "/password"));
            run(List.of(
                    binaries.resolve("initdb").toString(),
                    "--auth=scram-sha-256",
                    "--username=" + USER,
                    "--pwfile=" + directory + "/password",
                    "--no-sync",
                    "--pgdata=" + directory + "/data"));
            run(List.of("sh", "-c", "echo host all all samenet scram-sha-256 >> " + directory + "/data/pg_hba.conf"));
            server.start();
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static int freePort(String address) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            return socket.getLocalPort();
        }
    }

    private void control(String verb, String... more) {
        List<String> command = new ArrayList<>(List.of(
                binaries.resolve("pg_ctl").toString(), verb, "--pgdata=" + directory + "/data", "--wait", "--silent"));
        command.addAll(Arrays.asList(more));
        run(command);
    }

    /** Ends the server as a crash would, and starts it; it comes back with the events that it had acknowledged. */
    void crashAndStart() {
        control("stop", "--mode=immediate");
        start();
    }

    private void start() {
        control(
                "start",
                "--log=" + directory + "/log",
                "--options=-c listen_addresses=" + address + " -p " + port + " -c unix_socket_directories=''");
    }

    private static String run(List<String> command) {
        List<String> whole = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            whole.addAll(List.of("runuser", "-u", "postgres", "--"));
        }
        whole.addAll(command);
        try {
            Path out = Files.createTempFile("espalier-postgres", ".out");
            Process process = new ProcessBuilder(whole)
                    .directory(Path.of("/tmp").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            boolean ended = process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS);
            String text = Files.readString(out);
            Files.delete(out);
            if (!ended || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(command + ": " + text);
            }
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public JournalSettings.Database.PostgreSql database() {
        return new JournalSettings.Database.PostgreSql(
                "jdbc:postgresql://" + address + ":" + port + "/postgres", USER, directory + "/password", "NOT_SET");
    }

    @Override
    public void close() {
        if (Files.exists(directory.resolve("data/postmaster.pid")) || running()) {
            control("stop", "--mode=immediate");
        }
        run(List.of("rm", "-rf", directory.toString()));
    }

    private boolean running() {
        try (java.net.Socket _ = new java.net.Socket(address, port)) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
