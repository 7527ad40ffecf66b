package io.espalier.actors.node;

import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.rank.HostFactory;
import io.espalier.actors.rank.HostSetup;
import io.espalier.actors.rank.RankExit;
import io.espalier.actors.rank.RankPlace;
import io.espalier.actors.rank.RankRoles;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;

/** The program of a rank's process: a member of the cluster that holds the rank's host and nothing else. */
public final class RankProgram {
    /**
     * The facts that the node told the process.
     *
     * @param node settings of the node that started it
     * @param join {@code host:port} of that node
     */
    public record Setup(RankPlace place, long incarnation, NodeSettings node, String join, Path aeronDirectory) {}

    private RankProgram() {}

    /** Runs until the host ends, the cluster lets the process go, or it is asked to end; gives the exit status. */
    public static int run(Setup setup, HostFactory hosts) throws InterruptedException {
        ParentWatch.start(System.in);
        AtomicBoolean over = new AtomicBoolean();
        try {
            return run(setup, hosts, over);
        } finally {
            over.set(true);
        }
    }

    /** @param over whether what ends the process is what this has returned */
    private static int run(Setup setup, HostFactory hosts, AtomicBoolean over) throws InterruptedException {
        List<String> roles = RankRoles.of(setup.place, setup.incarnation);
        ActorSystem<RankGuardian.Command> system =
                Member.start(RankGuardian.create(), ClusterConfig.ofRank(setup.node, roles));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> park(system, setup.node, over), "park-on-signal"));
        Member.join(
                system,
                List.of(address(setup.join)),
                Member.Standing.TAKEN_IN,
                setup.node.control().joinTimeout());
        ActorRef<CoordinatorProtocol.Command> coordinator = Coordinators.reach(system);
        HostSetup host = new HostSetup(
                setup.place,
                setup.incarnation,
                coordinator,
                Optional.of(setup.aeronDirectory),
                setup.node.state().resolve("ranks").resolve(setup.place.name()),
                () -> Runtime.getRuntime().halt(RankExit.HUNG.status()));
        CompletableFuture<Integer> ended = new CompletableFuture<>();
        EndOfMember.of(system).whenComplete((_, _) -> ended.complete(RankExit.DOWNED.status()));
        system.tell(new RankGuardian.Host(hosts.create(host), ended));
        int status = ended.join();
        Member.leave(system);
        return status;
    }

    /** Keeps what was done before the process ends; one that has ended by itself has nothing to keep. */
    private static void park(ActorSystem<RankGuardian.Command> system, NodeSettings node, AtomicBoolean over) {
        if (!over.get() && !EndOfProcess.isAskedFor()) {
            EndOfProcess.haltAfterError();
        }
        CompletableFuture<Done> parked = new CompletableFuture<>();
        EndOfMember.of(system).whenComplete((_, _) -> parked.complete(Done.getInstance()));
        system.tell(new RankGuardian.Park(parked));
        try {
            parked.get(node.processes().stopGrace().toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            system.log()
                    .warn("the rank has not parked in [{}]", node.processes().stopGrace());
        }
        Member.leave(system);
    }

    private static Address address(String join) {
        int colon = join.lastIndexOf(':');
        if (colon < 1) {
            throw Refused.usage("--join", join, "must be host:port");
        }
        return new Address(
                "pekko", ClusterConfig.SYSTEM, join.substring(0, colon), Integer.parseInt(join.substring(colon + 1)));
    }
}
