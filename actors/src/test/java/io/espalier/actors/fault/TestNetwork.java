package io.espalier.actors.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hosts of a test: network namespaces of this machine on one bridge. One that is cut off hears nobody and is not told so, as
 * behind a switch that is down. All names hold this process's id; what a killed one has left is swept away by the next.
 */
final class TestNetwork implements AutoCloseable {
    private static final Pattern BRIDGE = Pattern.compile("\\besp(\\d+)b\\b");
    private static final Pattern NAMESPACE = Pattern.compile("\\besp(\\d+)n\\d+\\b");
    private static final int COMMAND_SECONDS = 30;
    private static final int ANSWER_MILLIS = 200;
    private static final int FIRST_HOST = 10;

    private final String prefix = "esp" + ProcessHandle.current().pid();
    private final String subnet;
    private final int hosts;

    private TestNetwork(int hosts) {
        long pid = ProcessHandle.current().pid();
        this.subnet = "10." + (100 + pid / 250 % 100) + "." + pid % 250 + ".";
        this.hosts = hosts;
    }

    /** The reason for which there can be no such network here; null where there can. */
    static String whyNot() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "namespaces of the network take root";
        }
        String probe = "esp" + ProcessHandle.current().pid() + "n0";
        try {
            run("ip", "netns", "add", probe);
            run("ip", "netns", "delete", probe);
            return null;
        } catch (UncheckedIOException | IllegalStateException e) {
            return "there are no namespaces of the network here: " + e.getMessage();
        }
    }

    /** All of them hear each other, and this process, at {@link #here}. */
    static TestNetwork create(int hosts) {
        sweep();
        TestNetwork network = new TestNetwork(hosts);
        try {
            network.build();
            return network;
        } catch (RuntimeException e) {
            network.close();
            throw e;
        }
    }

    private void build() {
        run("ip", "link", "add", bridge(), "type", "bridge");
        run("ip", "address", "add", here() + "/24", "dev", bridge());
        run("ip", "link", "set", bridge(), "up");
        for (int host = 0; host < hosts; host++) {
            String space = namespace(host);
            run("ip", "netns", "add", space);
            run("ip", "link", "add", plug(host), "type", "veth", "peer", "name", "eth0", "netns", space);
            run("ip", "-n", space, "address", "add", address(host) + "/24", "dev", "eth0");
            run("ip", "-n", space, "link", "set", "lo", "up");
            run("ip", "-n", space, "link", "set", "eth0", "up");
            run("ip", "link", "set", plug(host), "up");
            heal(host);
        }
    }

    private String bridge() {
        return prefix + "b";
    }

    private String namespace(int host) {
        return prefix + "n" + host;
    }

    /** The host's end at the bridge. */
    private String plug(int host) {
        return prefix + "v" + host;
    }

    /** Address of this process. */
    String here() {
        return subnet + 1;
    }

    /** Address of a host, counted from 0. */
    String address(int host) {
        return subnet + (FIRST_HOST + host);
    }

    /** The words before a command that is to run on the host. */
    List<String> on(int host) {
        return List.of("ip", "netns", "exec", namespace(host));
    }

    void cut(int host) {
        run("ip", "link", "set", plug(host), "nomaster");
    }

    /** Returns once the host answers: on a busy machine that takes a while after the command. */
    void heal(int host) {
        run("ip", "link", "set", plug(host), "master", bridge());
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(COMMAND_SECONDS);
        try {
            while (!InetAddress.getByName(address(host)).isReachable(ANSWER_MILLIS)) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("host " + host + " does not answer at " + address(host));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void sweep() {
        removeDead(NAMESPACE.matcher(run("ip", "netns", "list")), "ip", "netns", "delete");
        removeDead(BRIDGE.matcher(run("ip", "-o", "link", "show", "type", "bridge")), "ip", "link", "delete");
    }

    private static void removeDead(Matcher names, String... command) {
        while (names.find()) {
            if (ProcessHandle.of(Long.parseLong(names.group(1))).isEmpty()) {
                List<String> whole = new ArrayList<>(List.of(command));
                whole.add(names.group());
                run(whole.toArray(String[]::new));
            }
        }
    }

    private static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(String.join(" ", command) + ": " + said.strip());
            }
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Removes what there is of it; a namespace takes its interfaces with it once its last process has ended. */
    @Override
    public void close() {
        String spaces = run("ip", "netns", "list");
        String links = run("ip", "-o", "link", "show");
        for (int host = 0; host < hosts; host++) {
            if (links.contains(plug(host))) {
                run("ip", "link", "delete", plug(host));
            }
            if (spaces.contains(namespace(host))) {
                run("ip", "netns", "delete", namespace(host));
            }
        }
        if (links.contains(bridge())) {
            run("ip", "link", "delete", bridge());
        }
    }
}
