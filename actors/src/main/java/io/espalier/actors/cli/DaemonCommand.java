package io.espalier.actors.cli;

import io.espalier.actors.daemon.Daemon;
import io.espalier.actors.daemon.DaemonSettings;
import io.espalier.actors.daemon.DaemonSettings.LogFormat;
import io.espalier.actors.daemon.StateDirectory;
import io.espalier.actors.node.EndOfProcess;
import io.espalier.actors.program.DaemonWiring;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The daemon in the foreground, until it is asked to end or the cluster lets it go. */
@Command(
        name = "daemon",
        description = {
            "Runs jobs until SIGTERM, and serves the dashboard and the API. What is learnt is then kept in a"
                    + " checkpoint; jobs go on when the daemon is started again.",
            "Commands of the same user find its token in the state directory; a browser comes in by the link that is"
                    + " printed, or by one of espalier page.",
            "Without --config: one process, one device, loopback, state in ~/.local/state/espalier."
        },
        footer = {
            "",
            "Examples:",
            "  espalier daemon",
            "  espalier daemon --config /etc/espalier/daemon.conf --state /var/lib/espalier --log-format json"
        })
final class DaemonCommand implements Callable<Integer> {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings over the defaults; espalier help settings shows which there are.")
    private Path config;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "Directory of journal, spools and logs: one daemon for each (default: that of the file,"
                    + " ESPALIER_STATE, or ~/.local/state/espalier).")
    private Path state;

    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            description = "Form of the log on standard error: text or json.")
    private LogFormat logFormat;

    @Override
    public Integer call() throws Exception {
        DaemonSettings settings = DaemonSettings.read(
                Optional.ofNullable(config), Optional.ofNullable(state), StateDirectory.usual(System::getenv));
        LogFormat format = logFormat == null ? settings.logFormat() : logFormat;
        DaemonLog.begin(format);
        try (Daemon daemon = Daemon.start(settings, new DaemonWiring(Main.WIRING, new RecipeCompiler()))) {
            Thread onSignal = new Thread(() -> leave(daemon), "leave-on-signal");
            Runtime.getRuntime().addShutdownHook(onSignal);
            System.err.println("espalier: daemon at " + daemon.address() + ", state in "
                    + settings.node().state());
            if (format == LogFormat.TEXT) {
                // The link lets a browser in. Lines of JSON are collected where not only the operator reads them.
                daemon.link().ifPresent(link -> System.err.println("espalier: the page, once: " + link));
            }
            daemon.awaitTermination();
            NodeCommand.forget(onSignal);
        }
        System.err.println("espalier: the cluster has let this daemon go; started again, it joins anew");
        return Refused.Reason.TRY_AGAIN.exitCode();
    }

    /** A daemon that was asked to end has done what it was asked: status 0, where the system's own would be 143. */
    private static void leave(Daemon daemon) {
        if (!EndOfProcess.isAskedFor()) {
            EndOfProcess.haltAfterError();
        }
        System.err.println("espalier: parking what is learnt");
        daemon.close();
        Runtime.getRuntime().halt(0);
    }
}
