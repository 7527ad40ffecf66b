package io.espalier.actors.health;

import com.typesafe.config.Config;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.streams.transport.TransportCounters;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * The sources that the hub looks at. Each supplier gives what is already known, at once, on any thread.
 *
 * @param jobs as last heard of
 * @param processes of this node's ranks
 * @param transport of this process; empty where it has none
 * @param troubles what parts of this daemon cannot do at present
 * @param config in force, from the root; what is secret is left out before it is shown
 * @param state directory for the timeline
 */
public record HealthSources(
        ActorSystem<?> system,
        Supplier<List<WatchedJob>> jobs,
        Supplier<List<ProcessStatus>> processes,
        Supplier<Optional<TransportCounters>> transport,
        Troubles troubles,
        Config config,
        Path state,
        Clock clock) {}
