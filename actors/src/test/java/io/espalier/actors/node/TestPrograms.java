package io.espalier.actors.node;

import io.espalier.actors.cli.NodeCommand;
import io.espalier.actors.cli.RankCommand;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The commands as processes of a test: with ranks that greet, and a coordinator that says what it hears. */
final class TestPrograms {
    private TestPrograms() {}

    /** A rank's process. */
    static final class Rank {
        private Rank() {}

        static void main(String[] arguments) {
            System.exit(run(new RankCommand(GreetingHost::create), arguments));
        }
    }

    /** A node's process. */
    static final class NodeMain {
        private NodeMain() {}

        static void main(String[] arguments) {
            System.exit(run(new NodeCommand(TestPrograms::parts), arguments));
        }
    }

    private static NodeParts parts(NodeSettings settings) {
        return new NodeParts(
                GreetingHost::create,
                List.of(Rank.class.getName()),
                Heard::printing,
                () -> Path.of("none"),
                given -> System.out.println("GIVEN-UP " + given.rank()),
                () -> {});
    }

    private static int run(Object command, String[] arguments) {
        LoggerFactory.getILoggerFactory();
        return new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((e, _, _) -> {
                    System.err.println("test: " + e);
                    return e instanceof Refused refused ? refused.reason().exitCode() : 1;
                })
                .execute(arguments);
    }
}
