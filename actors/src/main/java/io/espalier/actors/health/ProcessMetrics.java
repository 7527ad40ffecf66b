package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.meter.ActorMeters;
import io.espalier.actors.meter.LostMessages;
import io.espalier.actors.meter.RoleCounts;
import io.espalier.streams.transport.TransportCounters;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Optional;

/** The metrics of this process in Prometheus' form: build, actors, ranks, transport, cluster and the machine below. */
final class ProcessMetrics {
    private static final String GAUGE = "gauge";
    private static final String COUNTER = "counter";
    private static final List<String> HEALTHS = List.of("ok", "starting", "dead");

    private final MetricsText text;

    ProcessMetrics(MetricsText text) {
        this.text = text;
    }

    void build() {
        ObjectNode build = ConfigView.build();
        text.family("build_info", GAUGE, "what runs here")
                .sample(
                        1,
                        "version",
                        build.path("version").asText(),
                        "java",
                        build.path("java").asText(),
                        "pekko",
                        build.path("pekko").asText());
    }

    void actors(ActorMeters meters, LostMessages lost) {
        List<RoleCounts> roles = meters.roles();
        text.family("actor_mailbox_messages", GAUGE, "messages that wait");
        roles.forEach(role -> text.sample(role.waiting(), "class", role.role()));
        text.family("actor_mailbox_seconds", "summary", "how long messages waited");
        for (RoleCounts role : roles) {
            text.sampleOf("_sum", role.mailboxSeconds(), "class", role.role());
            text.sampleOf("_count", role.taken(), "class", role.role());
        }
        text.family("actor_processing_seconds", "summary", "how long messages were worked on");
        for (RoleCounts role : roles) {
            text.sampleOf("_sum", role.processingSeconds(), "class", role.role());
            text.sampleOf("_count", role.messages(), "class", role.role());
        }
        text.family("actor_failures_total", COUNTER, "failures");
        roles.forEach(role -> text.sample(role.failures(), "class", role.role()));
        text.family("actor_restarts_total", COUNTER, "restarts after a failure");
        roles.forEach(role -> text.sample(role.restarts(), "class", role.role()));
        text.family("dead_letters_total", COUNTER, "messages that found no actor")
                .sample(lost.deadLetters());
        text.family("unhandled_messages_total", COUNTER, "messages that an actor did nothing with")
                .sample(lost.unhandled());
    }

    void ranks(List<RankTable.Rank> ranks) {
        text.family("rank_state", GAUGE, "1 for the state that the rank is in");
        for (RankTable.Rank rank : ranks) {
            HEALTHS.forEach(
                    health -> text.sample(rank.health().equals(health) ? 1 : 0, "rank", rank.name(), "state", health));
        }
        text.family("rank_restarts_total", COUNTER, "times that it was started again");
        ranks.forEach(rank -> text.sample(rank.restarts(), "rank", rank.name()));
        text.family("rank_resident_bytes", GAUGE, "memory of its process that the system cannot take back");
        for (RankTable.Rank rank : ranks) {
            if (rank.process() != null) {
                text.sample(rank.process().residentBytes(), "rank", rank.name());
            }
        }
    }

    void transport(Optional<TransportCounters> counters) {
        if (counters.isEmpty()) {
            return;
        }
        TransportCounters counted = counters.get();
        text.family("aeron_bytes_total", COUNTER, "payload of whole frames")
                .sample(counted.bytesIn(), "dir", "in")
                .sample(counted.bytesOut(), "dir", "out");
        text.family("aeron_backpressure_total", COUNTER, "turns in which a receiver took no more")
                .sample(counted.backPressured());
        text.family("aeron_gave_up_total", COUNTER, "frames given up").sample(counted.gaveUp());
        text.family("aeron_naks_total", COUNTER, "requests for what was lost")
                .sample(counted.driver().naksSent(), "dir", "sent")
                .sample(counted.driver().naksReceived(), "dir", "received");
        text.family("aeron_retransmits_total", COUNTER, "answers to them")
                .sample(counted.driver().retransmitsSent());
        text.family("aeron_errors_total", COUNTER, "errors that the driver has counted")
                .sample(counted.driver().errors());
        text.family("aeron_conductor_max_cycle_seconds", GAUGE, "longest turn of the driver's conductor")
                .sample(counted.driver().conductorMaxCycleNanos() * 1e-9);
    }

    void cluster(ClusterWatch cluster) {
        text.family("cluster_members", GAUGE, "members by status");
        cluster.byStatus().forEach((status, count) -> text.sample(count, "status", status));
        text.family("cluster_unreachable", GAUGE, "members that cannot be reached")
                .sample(cluster.unreachable());
        text.family("cluster_leader_changes_total", COUNTER, "since this process started")
                .sample(cluster.leaderChanges());
    }

    void machine(double diskFree, double snapshotAge) {
        text.family("state_disk_free_ratio", GAUGE, "free share of the state directory's disk")
                .sample(diskFree);
        text.family("snapshot_age_seconds", GAUGE, "since everything was last looked at")
                .sample(snapshotAge);
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        text.standard("jvm_memory_used_bytes", GAUGE, "of the Java heap").sample(heap.getUsed(), "area", "heap");
        text.standard("jvm_memory_max_bytes", GAUGE, "of the Java heap").sample(heap.getMax(), "area", "heap");
        text.standard("jvm_threads_current", GAUGE, "live threads")
                .sample(ManagementFactory.getThreadMXBean().getThreadCount());
        text.standard("process_start_time_seconds", GAUGE, "since the epoch")
                .sample(ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3);
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.UnixOperatingSystemMXBean unix) {
            text.standard("process_open_fds", GAUGE, "open files").sample(unix.getOpenFileDescriptorCount());
            text.standard("process_max_fds", GAUGE, "files that may be open").sample(unix.getMaxFileDescriptorCount());
            text.standard("process_cpu_seconds_total", COUNTER, "of all threads")
                    .sample(unix.getProcessCpuTime() * 1e-9);
        }
    }
}
