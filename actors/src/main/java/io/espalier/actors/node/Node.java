package io.espalier.actors.node;

import io.espalier.actors.protocol.CoordinatorProtocol;
import io.espalier.actors.rank.EmbeddedRank;
import io.espalier.actors.rank.HostSetup;
import io.espalier.actors.rank.JvmLauncher;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.actors.rank.RankPlace;
import io.espalier.actors.rank.RankProcess;
import io.espalier.gpu.Refused;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Leave;

/**
 * A running node: a member of the cluster, its way to the coordinator, and its ranks. Owns the state directory, the actor
 * system and the ranks' processes; {@link #close} ends them in the reverse order.
 */
public final class Node implements AutoCloseable {
    private final NodeSettings settings;
    private final NodeParts parts;
    private final StateLock lock;
    private final ActorSystem<NodeGuardian.Command> system;
    private final ActorRef<CoordinatorProtocol.Command> coordinator;
    private final List<AtomicReference<ProcessStatus>> processes = new ArrayList<>();
    private final AtomicBoolean ranksStopped = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    private Node(
            NodeSettings settings,
            NodeParts parts,
            StateLock lock,
            ActorSystem<NodeGuardian.Command> system,
            ActorRef<CoordinatorProtocol.Command> coordinator) {
        this.settings = settings;
        this.parts = parts;
        this.lock = lock;
        this.system = system;
        this.coordinator = coordinator;
    }

    /**
     * Starts a node, waits until it is a member, and then starts its ranks.
     *
     * @param wiring asked once the state directory is the node's own
     * @throws Refused where another node has the state directory, the address is taken, or no cluster takes it in
     */
    public static Node start(NodeSettings settings, Supplier<NodeParts> wiring) throws InterruptedException {
        StateLock lock = null;
        NodeParts parts = null;
        ActorSystem<NodeGuardian.Command> system = null;
        try {
            lock = StateLock.take(settings.state());
            parts = wiring.get();
            system = Member.start(NodeGuardian.create(), ClusterConfig.of(settings));
            Address self = Cluster.get(system).selfMember().address();
            Seeds seeds = new Seeds(settings.control(), InetAddress::getAllByName);
            Member.join(
                    system,
                    seeds.addresses(self),
                    Member.Standing.UP,
                    settings.control().joinTimeout());
            ActorRef<CoordinatorProtocol.Command> coordinator = settings.roles().contains(NodeRole.COORDINATOR)
                    ? Coordinators.host(system, parts.coordinator().get())
                    : Coordinators.reach(system);
            Node node = new Node(settings, parts, lock, system, coordinator);
            node.startRanks();
            return node;
        } catch (RuntimeException | InterruptedException e) {
            if (system != null) {
                Member.leave(system);
            }
            if (parts != null) {
                parts.onClosed().run();
            }
            if (lock != null) {
                lock.close();
            }
            throw e;
        }
    }

    /**
     * Does something with a state directory while no node runs on it.
     *
     * @throws Refused where one does
     */
    public static <T> T whileStopped(Path state, Supplier<T> work) {
        try (StateLock _ = StateLock.take(state)) {
            return work.get();
        }
    }

    /** Takes the node of an actor system out of its cluster, which ends the system; whoever started the node starts another. */
    public static void leaveCluster(ActorSystem<?> system) {
        Cluster cluster = Cluster.get(system);
        cluster.manager().tell(Leave.create(cluster.selfMember().address()));
    }

    private void startRanks() {
        List<RankPlace> places =
                settings.ranks().places(settings.name(), Runtime.getRuntime().availableProcessors());
        Incarnations incarnations = new Incarnations(Clock.systemUTC());
        switch (settings.ranks().process()) {
            case CHILD -> startProcesses(places, incarnations);
            case EMBEDDED -> places.forEach(place -> embed(place, incarnations));
        }
    }

    private void startProcesses(List<RankPlace> places, Incarnations incarnations) {
        if (places.isEmpty()) {
            return;
        }
        Path file = settings.state().resolve("ranks.conf");
        settings.write(file);
        List<String> entry = new ArrayList<>(parts.rankEntry());
        entry.addAll(List.of("--node", file.toString(), "--join", address()));
        JvmLauncher launcher =
                new JvmLauncher(entry, parts.aeronDirectory(), settings.state().resolve("ranks"), settings.processes());
        for (RankPlace place : places) {
            AtomicReference<ProcessStatus> status = new AtomicReference<>(ProcessStatus.of(place.name()));
            processes.add(status);
            RankProcess.Setup setup = new RankProcess.Setup(
                    place,
                    settings.processes(),
                    launcher,
                    coordinator,
                    incarnations,
                    System::nanoTime,
                    parts.onGivenUp());
            system.tell(new NodeGuardian.RunRank<>(
                    RankProcess.create(setup, status),
                    RankProcess.Stop.INSTANCE,
                    RankProcess.Revive.INSTANCE,
                    place.name()));
        }
    }

    private void embed(RankPlace place, Incarnations incarnations) {
        AtomicReference<ProcessStatus> status = new AtomicReference<>(ProcessStatus.of(place.name()));
        processes.add(status);
        EmbeddedRank.Setup setup = new EmbeddedRank.Setup(
                place,
                settings.processes(),
                incarnation -> parts.hosts().create(host(place, incarnation)),
                coordinator,
                incarnations,
                System::nanoTime,
                parts.onGivenUp());
        system.tell(new NodeGuardian.RunRank<>(
                EmbeddedRank.create(setup, status),
                EmbeddedRank.Stop.INSTANCE,
                EmbeddedRank.Revive.INSTANCE,
                place.name()));
    }

    private HostSetup host(RankPlace place, long incarnation) {
        return new HostSetup(
                place,
                incarnation,
                coordinator,
                Optional.empty(),
                settings.state().resolve("ranks").resolve(place.name()),
                // A hung call cannot be ended without its process, and this one holds more than the rank.
                () -> system.log().error("rank [{}] hangs in a native call; the node must be restarted", place.name()));
    }

    public ActorSystem<?> system() {
        return system;
    }

    /** The way to the coordinator, wherever in the cluster it is. */
    public ActorRef<CoordinatorProtocol.Command> coordinator() {
        return coordinator;
    }

    /** The address at which other nodes reach this one, {@code host:port}. */
    public String address() {
        return Cluster.get(system).selfMember().address().hostPort().replaceFirst(".*@", "");
    }

    /** Spawns an actor under the node. */
    public <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
        CompletableFuture<ActorRef<T>> reply = new CompletableFuture<>();
        system.tell(new NodeGuardian.Run<>(behavior, name, reply));
        return reply.join();
    }

    /** The last known states of its ranks' processes; an embedded rank has the node's own process. */
    public List<ProcessStatus> processes() {
        return processes.stream().map(AtomicReference::get).toList();
    }

    /** Starts its ranks of that name again that are given up; says whether there was one. Any thread. */
    public boolean revive(String rank) {
        boolean givenUp = isGivenUp(rank);
        if (givenUp) {
            system.tell(new NodeGuardian.Revive(rank));
        }
        return givenUp;
    }

    /** Starts all its ranks again that are given up: what was wrong with one job need not be wrong with the next. */
    public void reviveAll() {
        processes().forEach(status -> revive(status.rank()));
    }

    private boolean isGivenUp(String rank) {
        return processes().stream()
                .anyMatch(status -> status.rank().equals(rank) && status.state() == ProcessStatus.State.GIVEN_UP);
    }

    /** Waits until the node has ended, because it was closed or because the cluster has let it go. */
    public void awaitTermination() {
        EndOfMember.get(system).await();
    }

    /** Completes when the node has ended, because it was closed or because the cluster has let it go. */
    public CompletionStage<Done> ended() {
        return EndOfMember.of(system);
    }

    /** Parks and ends the ranks, leaves the cluster, frees the state directory; idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            stopRanks();
        } finally {
            Member.leave(system);
            parts.onClosed().run();
            Membership.forget(settings);
            lock.close();
        }
    }

    /** Parks and ends the ranks, and waits for it as long as they may take; idempotent. */
    public void stopRanks() {
        if (!ranksStopped.compareAndSet(false, true) || EndOfMember.get(system).isDone()) {
            return;
        }
        CompletableFuture<Done> stopped = new CompletableFuture<>();
        system.tell(new NodeGuardian.StopRanks(stopped));
        try {
            stopped.get(settings.processes().stopGrace().multipliedBy(2).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            system.log().warn("not all ranks have ended by themselves; they end with the node");
        }
    }
}
