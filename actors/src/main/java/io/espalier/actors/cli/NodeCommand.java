package io.espalier.actors.cli;

import io.espalier.actors.node.EndOfProcess;
import io.espalier.actors.node.Node;
import io.espalier.actors.node.NodeParts;
import io.espalier.actors.node.NodeSettings;
import io.espalier.actors.program.JobAsk;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A node in the foreground, until it is asked to end or the cluster lets it go. */
@Command(
        name = "node",
        description = "Runs a node of the cluster until SIGTERM: what its roles say, and its ranks.",
        footer = {
            "",
            "Examples:",
            "  espalier node --config config/cluster/node.conf",
            "  espalier node --config config/cluster/node.conf --job config/recipes/distill-small.conf"
        })
public final class NodeCommand implements Callable<Integer> {
    private final Function<NodeSettings, NodeParts> wiring;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "Settings of the node.")
    private Path config;

    @Option(
            names = "--job",
            paramLabel = "RECIPE",
            description = "Submit the distill job of a recipe, under the file's name; one of that name that the cluster"
                    + " knows goes on as it is. Its paths must mean the same on every node: give them from the root.")
    private Path recipe;

    /** A command whose nodes are put together by {@code wiring}. */
    public NodeCommand(Function<NodeSettings, NodeParts> wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() throws Exception {
        NodeSettings settings = NodeSettings.read(config);
        try (Node node = Node.start(settings, () -> wiring.apply(settings))) {
            Thread onSignal = new Thread(() -> leave(node), "leave-on-signal");
            Runtime.getRuntime().addShutdownHook(onSignal);
            System.err.println("espalier: node " + settings.name() + " at " + node.address());
            if (recipe != null) {
                submit(node, RecipeJob.of(recipe));
            }
            node.awaitTermination();
            forget(onSignal);
        }
        System.err.println("espalier: the cluster has let this node go; started again, it joins anew");
        return Refused.Reason.TRY_AGAIN.exitCode();
    }

    private static void submit(Node node, JobSpec job) {
        JobView view = JobAsk.submit(node, job);
        System.err.println("espalier: job " + job.id() + " is "
                + view.state().name().toLowerCase(Locale.ROOT) + (view.cause().isEmpty() ? "" : ": " + view.cause()));
    }

    /** A node that was asked to end has done what it was asked: status 0, where the system's own would be 143. */
    private static void leave(Node node) {
        if (!EndOfProcess.isAskedFor()) {
            EndOfProcess.haltAfterError();
        }
        node.close();
        Runtime.getRuntime().halt(0);
    }

    static void forget(Thread hook) throws InterruptedException {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException alreadyLeaving) {
            // The hook is what brought us here; it ends the process.
            hook.join();
        }
    }
}
