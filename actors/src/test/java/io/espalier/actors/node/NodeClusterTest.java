package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes as processes: they find each other, one of them holds the coordinator and another takes it over, ranks end with
 * their node, and a node that is asked to end does so with status 0.
 */
@Tag("full")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class NodeClusterTest {
    private static final int FAILOVERS = Integer.getInteger("espalier.failovers", 1);

    @TempDir
    Path directory;

    private final List<NodeProcess> nodes = new ArrayList<>();

    @AfterEach
    void end() {
        nodes.forEach(NodeProcess::close);
    }

    private NodeProcess start(String name, String more) throws IOException {
        Path home = directory.resolve(name + "-" + nodes.size());
        NodeProcess node = NodeProcess.start(
                home,
                "espalier.node { name = " + name + ", state = \"" + home + "/state\" }\nespalier.node { " + more
                        + " }\n");
        nodes.add(node);
        return node;
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sockets.add(new ServerSocket(0));
        }
        List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    private static boolean holdsCoordinator(NodeProcess node) {
        return node.hasSaid("COORDINATOR");
    }

    private static String said(List<NodeProcess> nodes) {
        StringBuilder all = new StringBuilder("nanoseconds; the nodes said");
        for (NodeProcess node : nodes) {
            all.append('\n').append(node.output());
        }
        return all.toString();
    }

    @Test
    void threeNodesFormAndTheCoordinatorMovesWhenItsNodeIsKilled() throws Exception {
        Times formed = new Times("three nodes started to formed");
        Times moved = new Times("coordinator's node killed to coordinator elsewhere");
        for (int round = 0; round < FAILOVERS; round++) {
            List<Integer> ports = freePorts(3);
            String seeds = ports.stream()
                    .map(port -> "\"127.0.0.1:" + port + "\"")
                    .toList()
                    .toString();
            List<NodeProcess> three = new ArrayList<>();
            long begin = System.nanoTime();
            for (int port : ports) {
                three.add(start(
                        "node-" + port,
                        "roles = [coordinator], control { port = " + port + ", seeds = " + seeds + " }"));
            }
            for (NodeProcess node : three) {
                node.awaitOutput("espalier: node ");
            }
            formed.add(System.nanoTime() - begin);
            begin = System.nanoTime();
            awaitCoordinator(three, begin);
            NodeProcess killed = three.stream()
                    .filter(NodeClusterTest::holdsCoordinator)
                    .findFirst()
                    .orElseThrow();
            begin = System.nanoTime();
            Signals.send(killed.pid(), Signals.KILL);
            List<NodeProcess> left =
                    three.stream().filter(node -> node != killed).toList();
            awaitCoordinator(left, begin);
            moved.add(System.nanoTime() - begin);
            for (NodeProcess node : left) {
                Signals.send(node.pid(), Signals.TERM);
            }
            for (NodeProcess node : left) {
                assertThat(node.awaitExit()).as(node.output()).isZero();
            }
        }
        System.out.println(formed + "\n" + moved);
    }

    /** Waits until one of the nodes holds the coordinator, and no more than one. */
    private static void awaitCoordinator(List<NodeProcess> nodes, long begin) throws InterruptedException {
        while (nodes.stream().noneMatch(NodeClusterTest::holdsCoordinator)) {
            assertThat(System.nanoTime() - begin).as(() -> said(nodes)).isLessThan(TimeUnit.SECONDS.toNanos(90));
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertThat(nodes).filteredOn(NodeClusterTest::holdsCoordinator).hasSize(1);
    }

    /** Else the journal that it shares with the others would have two coordinators after a partition. */
    @Test
    void aSeedThatIsCutOffFromTheOthersFoundsNoClusterOfItsOwn() throws Exception {
        List<Integer> ports = freePorts(3);
        String seeds = ports.stream()
                .map(port -> "\"127.0.0.1:" + port + "\"")
                .toList()
                .toString();
        NodeProcess alone = start(
                "alone",
                "roles = [coordinator], control { port = " + ports.getFirst() + ", seeds = " + seeds
                        + ", join-timeout = 15 s }");
        assertThat(alone.awaitExit()).isEqualTo(75);
        assertThat(alone.output()).contains("has not taken in").doesNotContain("COORDINATOR");
    }

    @Test
    void ranksEndWithTheirNodeHoweverItEnds() throws Exception {
        String ranks = "ranks { process = child, teachers = 1, students = 1, heap-mib = 128 }";
        NodeProcess killed = start("a", ranks);
        killed.awaitOutput("HELLO a-teacher-0");
        killed.awaitOutput("HELLO a-student-0");
        List<ProcessHandle> children = killed.children();
        assertThat(children).hasSize(2);
        long begin = System.nanoTime();
        Signals.send(killed.pid(), Signals.KILL);
        for (ProcessHandle child : children) {
            child.onExit().get(30, TimeUnit.SECONDS);
        }
        System.out.printf("node killed to its ranks gone: %d ms%n", (System.nanoTime() - begin) / 1_000_000);

        NodeProcess asked = start("b", ranks);
        asked.awaitOutput("HELLO b-teacher-0");
        asked.awaitOutput("HELLO b-student-0");
        children = asked.children();
        Signals.send(asked.pid(), Signals.TERM);
        assertThat(asked.awaitExit()).as(asked.output()).isZero();
        assertThat(children).noneMatch(ProcessHandle::isAlive);
    }

    @Test
    void oneNodePerStateDirectory() throws Exception {
        NodeProcess first = start("a", "roles = [coordinator]");
        first.awaitOutput("espalier: node a");
        NodeProcess second = start("b", "roles = [coordinator], state = \"" + directory.resolve("a-0/state") + "\"");
        assertThat(second.awaitExit()).isEqualTo(4);
        assertThat(second.output()).contains("another node (process " + first.pid() + ") has this state directory");
    }

    @Test
    void aPortThatIsTakenEndsTheProcessWithItsReason() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            NodeProcess node = start("a", "control.port = " + taken.getLocalPort());
            assertThat(node.awaitExit()).isEqualTo(78);
            assertThat(node.output()).contains(":" + taken.getLocalPort() + " cannot be listened on");
        }
    }
}
