package io.espalier.actors.cli;

import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.node.RankProgram;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.rank.HostFactory;
import io.espalier.actors.rank.RankPlace;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command that a node runs as each rank's process; it ends with the node, and is of no use without one. */
@Command(
        name = RankCommand.NAME,
        hidden = true,
        description = "Runs one rank of a node. Started by the node, which it ends with.",
        footer = {"", "Example:", "  espalier node --config config/cluster/node.conf (starts its ranks itself)"})
public final class RankCommand implements Callable<Integer> {
    static final String NAME = "rank-process";

    private final HostFactory hosts;

    @Option(names = "--name", required = true, description = "Unique in the cluster.")
    private String name;

    @Option(names = "--role", required = true, description = "teacher or student.")
    private RankRole role;

    @Option(names = "--incarnation", required = true, description = "Incarnation of this process.")
    private long incarnation;

    @Option(names = "--join", required = true, paramLabel = "HOST:PORT", description = "The node that started it.")
    private String join;

    @Option(names = "--node", required = true, paramLabel = "FILE", description = "Settings of that node.")
    private Path node;

    @Option(names = "--aeron-directory", required = true, description = "Directory of that node's media driver.")
    private Path aeronDirectory;

    @Option(names = "--device", required = true, description = "cpu or cuda:N.")
    private String device;

    @Option(names = "--threads", required = true, description = "Threads of one operator.")
    private int threads;

    /** A command whose ranks have hosts made by {@code hosts}. */
    public RankCommand(HostFactory hosts) {
        this.hosts = hosts;
    }

    @Override
    public Integer call() throws Exception {
        RankPlace place = new RankPlace(name, role, device, threads);
        return RankProgram.run(
                new RankProgram.Setup(place, incarnation, NodeSettings.read(node), join, aeronDirectory), hosts);
    }
}
