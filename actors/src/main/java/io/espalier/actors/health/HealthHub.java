package io.espalier.actors.health;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.http.ActorQuery;
import io.espalier.actors.http.Health;
import io.espalier.actors.http.HubEvent;
import io.espalier.actors.http.SeriesQuery;
import io.espalier.actors.http.Snapshots;
import io.espalier.actors.meter.ActorMeters;
import io.espalier.actors.meter.LostMessages;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's knowledge of all its parts: a thread of its own looks once a second at what the parts have already told,
 * and at the files of the running students; a request gets the result of the last look. Owns the timeline.
 */
public final class HealthHub implements Snapshots, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HealthHub.class);
    private static final Duration FORGET_EVERY = Duration.ofSeconds(30);
    private static final int THREADS = 2;

    private final HealthSources sources;
    private final HealthSettings settings;
    private final Timeline timeline;
    private final OperatorWatch operators;
    private final ClusterWatch cluster;
    private final ActorMeters meters;
    private final LostMessages lost;
    private final Probes probes;
    private final RankTable ranks = new RankTable();
    private final Map<String, JobWatch> jobs = new ConcurrentSkipListMap<>();
    private final ScheduledExecutorService threads;
    private volatile Seen seen = new Seen(null, List.of(), 1);

    /**
     * The result of the last look.
     *
     * @param time null before the first
     */
    private record Seen(Instant time, List<Alert> alerts, double diskFree) {}

    private HealthHub(HealthSources sources) {
        this.sources = sources;
        this.settings = HealthSettings.of(sources.config());
        this.timeline = new Timeline(sources.state(), settings, sources.clock());
        this.operators = new OperatorWatch(sources.state(), timeline);
        this.cluster = ClusterWatch.of(sources.system(), timeline);
        this.meters = ActorMeters.get(sources.system());
        this.lost = LostMessages.of(sources.system(), sources.clock());
        this.probes = new Probes(sources.clock(), settings.refresh());
        this.threads = Executors.newScheduledThreadPool(
                THREADS, Thread.ofPlatform().daemon().name("health-", 0).factory());
    }

    /** Begins to look. */
    public static HealthHub start(HealthSources sources) {
        HealthHub hub = new HealthHub(sources);
        hub.timeline.add("daemon_started", Severity.INFO, "the daemon has started", _ -> {});
        sources.troubles().onChange(hub::tellTrouble);
        long every = hub.settings.refresh().toMillis();
        var _ = hub.threads.scheduleWithFixedDelay(hub::look, 0, every, TimeUnit.MILLISECONDS);
        var _ = hub.threads.scheduleWithFixedDelay(
                () -> hub.probes.beat(sources.system()), 0, every, TimeUnit.MILLISECONDS);
        var _ = hub.threads.scheduleWithFixedDelay(
                hub.meters::forgetOld, FORGET_EVERY.toSeconds(), FORGET_EVERY.toSeconds(), TimeUnit.SECONDS);
        return hub;
    }

    private void tellTrouble(String part, String why) {
        if (why.isEmpty()) {
            timeline.add("trouble_over", Severity.INFO, part + " is well again", data -> data.put("part", part));
        } else {
            timeline.add("trouble", Severity.ERROR, part + " " + why, data -> data.put("part", part));
        }
    }

    /** Looks once; a failure does not end the looks to come, since the next one may succeed. */
    private void look() {
        try {
            Instant now = sources.clock().instant();
            List<WatchedJob> told = sources.jobs().get();
            told.forEach(job -> look(job, now));
            List<String> ids = told.stream().map(job -> job.spec().id()).toList();
            jobs.keySet().retainAll(ids);
            operators.look();
            ranks.look(sources.processes().get(), told, timeline);
            double free = diskFree();
            List<Alert> alerts = new ArrayList<>(Alert.ofJobs(jobs.values(), now));
            alerts.addAll(Alert.ofRanks(ranks.ranks()));
            alerts.addAll(Alert.ofCluster(cluster.unreachable()));
            alerts.addAll(Alert.ofDisk(free, settings.diskFree()));
            alerts.addAll(Alert.ofTroubles(sources.troubles().all()));
            seen = new Seen(now, List.copyOf(alerts), free);
            probes.looked(now);
        } catch (RuntimeException e) {
            LOG.warn("health: one look has failed", e);
        }
    }

    /** A job is shown once it has been looked at. */
    private void look(WatchedJob job, Instant now) {
        JobWatch known = jobs.get(job.spec().id());
        boolean same = known != null && known.job().run().equals(job.run());
        JobWatch watch = same ? known : new JobWatch(job, settings, timeline);
        watch.look(job, now);
        jobs.put(job.spec().id(), watch);
    }

    private double diskFree() {
        try {
            FileStore store = Files.getFileStore(sources.state());
            return (double) store.getUsableSpace() / store.getTotalSpace();
        } catch (IOException e) {
            return 1;
        }
    }

    /** Takes note of something that only the caller knows: what an operator did, or that the daemon shuts down. */
    public void tell(String kind, Severity severity, String message, Consumer<ObjectNode> more) {
        timeline.add(kind, severity, message, more);
    }

    /** Notes that the daemon shuts down: it is not ready from now on. */
    public void draining() {
        probes.draining();
    }

    private Instant time() {
        Instant time = seen.time;
        return time == null ? sources.clock().instant() : time;
    }

    private JobWatch watch(String id) {
        JobWatch job = jobs.get(id);
        if (job == null) {
            throw new Refused(Refused.Reason.NOT_FOUND, "job [" + id + "]: there is none of that id");
        }
        return job;
    }

    @Override
    public JsonNode overview() {
        Seen last = seen;
        ObjectNode answer = AnswerJson.at(time());
        boolean bad = last.alerts.stream().anyMatch(alert -> alert.severity() == Severity.ERROR);
        answer.put("state", bad ? "failing" : last.alerts.isEmpty() ? "healthy" : "degraded");
        ArrayNode alerts = answer.putArray("alerts");
        last.alerts.forEach(alert -> alerts.add(alert.json()));
        putJobs(answer);
        answer.putObject("ranks")
                .put("healthy", ranks.healthy())
                .put("total", ranks.ranks().size());
        ObjectNode members = answer.putObject("members");
        cluster.byStatus().forEach(members::put);
        answer.put("unreachable", cluster.unreachable());
        answer.put("dead_letters", lost.deadLetters()).put("unhandled", lost.unhandled());
        answer.put("disk_free_ratio", last.diskFree);
        answer.put("stale_after_s", settings.staleAfter().toMillis() / 1e3);
        answer.set("build", ConfigView.build());
        return answer;
    }

    @Override
    public JsonNode jobs() {
        ObjectNode answer = AnswerJson.at(time());
        putJobs(answer);
        return answer;
    }

    private void putJobs(ObjectNode answer) {
        Instant now = time();
        List<ObjectNode> lines =
                jobs.values().stream().map(job -> job.summary(now)).toList();
        AnswerJson.last(answer, "jobs", lines, settings.listingMost());
    }

    @Override
    public JsonNode job(String id) {
        return watch(id).detail(time());
    }

    @Override
    public JsonNode graph(String job) {
        return StageGraph.json(watch(job), time());
    }

    @Override
    public JsonNode series(String job, SeriesQuery query) {
        return watch(job).files().series(query, time());
    }

    @Override
    public JsonNode checkpoints(String job) {
        ObjectNode answer = AnswerJson.at(time());
        AnswerJson.last(answer, "checkpoints", watch(job).files().checkpoints(), settings.listingMost());
        return answer.put("committed_step", watch(job).job().view().committedStep());
    }

    @Override
    public JsonNode versions(String job) {
        ObjectNode answer = AnswerJson.at(time());
        AnswerJson.last(answer, "versions", watch(job).files().versions(), settings.listingMost());
        return answer;
    }

    @Override
    public JsonNode ledger(String job) {
        RunFiles files = watch(job).files();
        List<ObjectNode> entries = files.ledger();
        ObjectNode answer = AnswerJson.at(time());
        AnswerJson.last(answer, "ledger", entries, settings.listingMost());
        return answer.put("total", files.ledgerTotal()).put("truncated", files.ledgerTotal() > entries.size());
    }

    @Override
    public JsonNode deadLetters(String job, int limit) {
        RunFiles files = watch(job).files();
        List<ObjectNode> entries = files.deadLetters();
        ObjectNode answer = AnswerJson.at(time());
        ArrayNode list = answer.putArray("dead_letters");
        entries.stream().limit(limit).forEach(list::add);
        return answer.put("total", files.deadLetterTotal()).put("truncated", files.deadLetterTotal() > list.size());
    }

    @Override
    public JsonNode jobEvents(String job, long after, int limit) {
        watch(job);
        ObjectNode answer = AnswerJson.at(time());
        ArrayNode list = answer.putArray("events");
        timeline.after(after, limit, Timeline.of(job)).forEach(event -> list.add(event.data()));
        return answer;
    }

    @Override
    public JsonNode actors(ActorQuery query) {
        return ActorTable.json(meters, lost, query, sources.clock().instant());
    }

    @Override
    public JsonNode ranks() {
        return ranks.json(time(), settings.listingMost());
    }

    @Override
    public JsonNode transport() {
        return TransportTable.json(sources.transport().get(), sources.clock().instant());
    }

    @Override
    public JsonNode members() {
        return cluster.json(sources.clock().instant());
    }

    @Override
    public JsonNode config() {
        return ConfigView.json(sources.config(), sources.clock().instant());
    }

    @Override
    public List<HubEvent> events(long after, int limit) {
        return timeline.after(after, limit, _ -> true);
    }

    @Override
    public Subscription subscribe(Consumer<HubEvent> listener) {
        return timeline.subscribe(listener);
    }

    @Override
    public Health health() {
        return probes.health(cluster.selfIsUp(), seen.alerts);
    }

    @Override
    public String prometheus() {
        MetricsText text = new MetricsText();
        ProcessMetrics process = new ProcessMetrics(text);
        process.build();
        new JobMetrics(text, jobs.values()).write();
        process.ranks(ranks.ranks());
        process.actors(meters, lost);
        process.transport(sources.transport().get());
        process.cluster(cluster);
        Instant last = seen.time;
        Instant now = sources.clock().instant();
        process.machine(
                seen.diskFree, last == null ? 0 : Duration.between(last, now).toMillis() / 1e3);
        return text.toString();
    }

    /** Stops looking; idempotent. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(settings.staleAfter().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("health: a look at the students' files does not return");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        timeline.close();
    }
}
