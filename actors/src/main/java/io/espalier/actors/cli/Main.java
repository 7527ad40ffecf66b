package io.espalier.actors.cli;

import io.espalier.actors.client.DaemonUnreachable;
import io.espalier.actors.program.BenchPrograms;
import io.espalier.actors.program.ChildHosts;
import io.espalier.actors.program.FailedRun;
import io.espalier.actors.program.NodeWiring;
import io.espalier.actors.program.Programs;
import io.espalier.gpu.Contained;
import io.espalier.gpu.Refused;
import io.espalier.gpu.Safeguard;
import java.util.Arrays;
import java.util.List;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code espalier COMMAND [OPTIONS]}. */
@Command(
        name = "espalier",
        description = "Prunes a large language model and teaches the smaller one to answer like the original.",
        version = "espalier 0.1.0",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            QuickstartCommand.class,
            InspectCommand.class,
            PlanCommand.class,
            PrepareCommand.class,
            TrainCommand.class,
            PruneCommand.class,
            DistillCommand.class,
            ContinualCommand.class,
            EvalCommand.class,
            GenerateCommand.class,
            BenchCommand.class,
            ExportCommand.class,
            DoctorCommand.class,
            BridgeCommand.class,
            DaemonCommand.class,
            PageCommand.class,
            JournalCommand.class,
            JobCommand.class,
            RanksCommand.class,
            ClusterCommand.class,
            InitCommand.class,
            CompletionCommand.class,
            HelpCommand.class
        },
        footer = {
            "",
            "Exit codes: 0 ok, 1 unexpected, 2 usage, 3 not found, 4 wrong state, 5 validation failed,",
            "  69 no daemon answers, 75 try again, 77 not allowed, 78 bad configuration.",
            "Read on: espalier help COMMAND, or one of " + Topic.NAMES + ".",
            "",
            "Example:",
            "  espalier quickstart"
        })
public final class Main {
    private static final String BENCH_RANK = "bench-rank-process";

    /** Nodes whose ranks are processes of this program. */
    static final NodeWiring WIRING = new NodeWiring(List.of(Main.class.getName(), RankCommand.NAME), Programs::new);

    /** Nodes whose ranks are processes of this program that run a benchmark. */
    static final NodeWiring BENCH_WIRING =
            new NodeWiring(List.of(Main.class.getName(), BENCH_RANK), BenchPrograms::new);

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help.")
    @SuppressWarnings("UnusedVariable") // The parser acts on it, and on the next.
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version.")
    @SuppressWarnings("UnusedVariable")
    private boolean version;

    public static void main(String[] arguments) {
        int code = run(arguments);
        // A stream of Java's says nothing where what it was given was lost.
        if (System.out.checkError() && code == 0) {
            System.err.println("espalier: standard output could not be written");
            code = Refused.Reason.TRY_AGAIN.exitCode();
        }
        System.exit(code);
    }

    static int run(String... arguments) {
        try {
            // The check comes before anything opens a file, which would fail and name another cause.
            OpenFiles.require(OpenFiles.most());
            // Logging starts here, on one thread: begun by two at once it complains.
            LoggerFactory.getILoggerFactory();
            Safeguard.requireNoneOff();
            CommandLine line = commandLine();
            List<String> given = LiveOption.asData(Recipe.expand(line, List.of(arguments)));
            return line.execute(given.toArray(String[]::new));
        } catch (Refused e) {
            return say(e);
        } catch (OutOfMemoryError | StackOverflowError | InternalError e) {
            return say(Contained.refusal("the command", e));
        } catch (LinkageError e) {
            System.err.println("espalier: unexpected: " + e);
            return FailedRun.UNEXPECTED;
        }
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Main());
        line.addSubcommand(new NodeCommand(WIRING::ofNode));
        line.addSubcommand(new RankCommand(new ChildHosts(WIRING.programs())));
        line.addSubcommand(BENCH_RANK, new RankCommand(new ChildHosts(BENCH_WIRING.programs())));
        line.setDefaultValueProvider(new Defaults());
        line.setParameterExceptionHandler(UsageError::say);
        line.setExecutionExceptionHandler((e, _, _) -> onFailure(e));
        line.setUsageHelpAutoWidth(true);
        line.setHelpFactory(Usage::new);
        // An argument is what it says: the parser would take one that begins with @ for a file of further arguments.
        line.setExpandAtFiles(false);
        Magnitude.register(line);
        EnumNames.register(line);
        return line;
    }

    private static int onFailure(Exception e) {
        if (e instanceof DaemonUnreachable) {
            System.err.println("espalier: " + e.getMessage());
            return DaemonUnreachable.EXIT_CODE;
        }
        Refused refused = FailedRun.refusal(e);
        if (refused != null) {
            return say(refused);
        }
        System.err.println("espalier: unexpected: " + e);
        if (Arrays.asList(System.getenv().getOrDefault("ESPALIER_DEBUG", "").split(",", -1))
                .contains("trace")) {
            e.printStackTrace();
        } else {
            System.err.println("espalier: ESPALIER_DEBUG=trace shows where");
        }
        return FailedRun.UNEXPECTED;
    }

    private static int say(Refused refused) {
        System.err.println("espalier: " + refused.forCommandLine());
        return refused.reason().exitCode();
    }
}
