package io.espalier.actors.health;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The watch over one job: its state, the files of its student, and the pace of both. The hub alone looks. */
final class JobWatch {
    /** The seconds for which a source may fail before somebody should look. */
    private static final double PATIENCE_SECONDS = 60;

    private final HealthSettings settings;
    private final Timeline timeline;
    private final RunFiles files;
    private final Pace steps = new Pace();
    private final Pace commits = new Pace();
    private long committed = -1;
    private long commitCount;
    private volatile WatchedJob job;
    private Growth growth;

    JobWatch(WatchedJob job, HealthSettings settings, Timeline timeline) {
        this.settings = settings;
        this.timeline = timeline;
        this.job = job;
        String id = job.spec().id();
        this.files = new RunFiles(job.run(), settings, event -> timeline.addOfRun(id, event));
    }

    void look(WatchedJob now, Instant time) {
        tell(job.view(), now.view());
        job = now;
        files.poll(time);
        synchronized (this) {
            count();
            steps.see(step(), time);
            if (now.view().committedStep() != committed) {
                committed = now.view().committedStep();
                commits.see(++commitCount, time);
            }
            if (rests()) {
                steps.rest(time);
                commits.rest(time);
            }
        }
    }

    private void count() {
        ObjectNode live = files.live();
        if (growth == null) {
            growth = new Growth(live == null && Double.isNaN(files.last("tokens")));
        }
        for (String curve : List.of("tokens", "skipped")) {
            growth.see(curve, files.last(curve));
        }
        if (live != null) {
            growth.see("dead_letters", live.path("dead_letters").asDouble(Double.NaN));
            for (JsonNode source : live.path("sources")) {
                for (String field : List.of("read", "duplicates", "tombstones")) {
                    growth.see(
                            field + " " + source.path("name").asText(),
                            source.path(field).asDouble(Double.NaN));
                }
            }
        }
    }

    /**
     * The growth of a number since this process began to look, by its name; that of a source by the field and the
     * source's name.
     */
    synchronized double grown(String name) {
        return growth == null ? 0 : growth.of(name);
    }

    private void tell(JobView before, JobView now) {
        if (before.state() != now.state()) {
            Severity severity = now.state() == JobState.FAILED ? Severity.ERROR : Severity.INFO;
            String why = now.cause().isEmpty() ? "" : ": " + now.cause();
            timeline.add(
                    "job_state",
                    severity,
                    "job " + now.job() + " is " + label(now.state()) + why,
                    data -> data.put("job", now.job()).put("state", label(now.state())));
        }
        if (now.restarts() > before.restarts()) {
            timeline.add(
                    "student_restarted",
                    Severity.WARNING,
                    "job " + now.job() + " goes on in a new process of its student",
                    data -> data.put("job", now.job()).put("restarts", now.restarts()));
        }
    }

    static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    WatchedJob job() {
        return job;
    }

    RunFiles files() {
        return files;
    }

    long step() {
        ObjectNode live = files.live();
        JobProgress progress = job.view().progress();
        long told = progress == null ? job.view().committedStep() : progress.step();
        return live == null ? told : Math.max(live.path("step").asLong(), told);
    }

    boolean running() {
        ObjectNode live = files.live();
        boolean works = live == null || live.path("state").asText("running").equals("running");
        return job.view().state() == JobState.RUNNING && works;
    }

    /** Whether the job has been told to make no step, or its student has paused by itself. */
    private boolean rests() {
        return job.view().state() == JobState.PAUSED || paused();
    }

    /** A pace that holds while steps are made: 0 where none are made, NaN where the pace is not known. */
    private double whileStepping(double pace) {
        boolean steps = switch (job.view().state()) {
            case RUNNING, DRAINING, STOPPING -> !paused();
            case STARTING, PAUSED, STOPPED, FAILED -> false;
        };
        return steps || Double.isNaN(pace) ? pace : 0;
    }

    double tokensPerSecond() {
        return whileStepping(files.last("tokens_per_s"));
    }

    synchronized boolean stepOverdue(Instant now) {
        double usual = steps.usual();
        return running() && settings.step().is(steps.seconds(now), Double.isNaN(usual) ? 0 : usual);
    }

    /** Whether the next checkpoint is overdue; unknown, and so false, before there were two. */
    synchronized boolean checkpointOverdue(Instant now) {
        double usual = commits.usual();
        return running() && !Double.isNaN(usual) && settings.checkpoint().is(commits.seconds(now), usual);
    }

    /** Whether the student has fallen silent, though it should not have. */
    boolean stale(Instant now) {
        double age = files.liveAge(now);
        return job.view().state() == JobState.RUNNING
                && !Double.isNaN(age)
                && age > settings.staleAfter().toMillis() / 1e3;
    }

    synchronized double sinceLastStep(Instant now) {
        return steps.seconds(now);
    }

    synchronized double sinceLastCommit(Instant now) {
        return commits.seconds(now);
    }

    /** The reasons why sources have not been read, or not whole, for a while; by the source's name. */
    Map<String, String> troubles() {
        Map<String, String> troubles = new TreeMap<>();
        ObjectNode live = job.view().state() == JobState.RUNNING ? files.live() : null;
        for (JsonNode source : live == null ? AnswerJson.array() : live.path("sources")) {
            if (source.path("trouble_s").asDouble() > PATIENCE_SECONDS) {
                troubles.put(
                        source.path("name").asText(), source.path("trouble").asText());
            }
        }
        return troubles;
    }

    /** Whether the student has paused by itself, and not because it was asked to. */
    boolean paused() {
        ObjectNode live = files.live();
        return job.view().state() == JobState.RUNNING
                && live != null
                && live.path("state").asText().equals("paused");
    }

    synchronized Instant lastStep() {
        return steps.changed();
    }

    synchronized Instant lastCommit() {
        return commits.changed();
    }

    /** The job on one line. */
    ObjectNode summary(Instant now) {
        JobView view = job.view();
        ObjectNode live = files.live();
        ObjectNode line = AnswerJson.object();
        line.put("id", view.job()).put("state", label(view.state()));
        line.put("command", job.spec().kind());
        line.put("live_state", live == null ? "" : live.path("state").asText());
        line.put("step", step());
        if (view.progress() != null && view.progress().steps() > 0) {
            line.put("steps", view.progress().steps());
        }
        putPace(line, now);
        AnswerJson.number(line, "loss", files.last("loss"));
        AnswerJson.number(line, "kl", files.last("student_kl"));
        AnswerJson.number(line, "tokens_per_s", tokensPerSecond());
        AnswerJson.number(line, "learning_rate", files.last("learning_rate"));
        AnswerJson.number(line, "grad_norm", files.last("grad_norm"));
        ObjectNode domains = line.putObject("heldout_kl");
        files.heldOutKl().forEach((domain, kl) -> AnswerJson.number(domains, domain, kl));
        AnswerJson.number(
                line,
                "replay_share",
                live == null ? Double.NaN : live.path("replay_share").asDouble(Double.NaN));
        line.put("dead_letters", live == null ? 0 : live.path("dead_letters").asLong());
        line.put("published", live == null ? "" : live.path("published").asText(""));
        line.put("committed_step", view.committedStep()).put("epoch", view.epoch());
        line.put("restarts", view.restarts()).put("cause", view.cause()).put("exit_code", view.exitCode());
        AnswerJson.number(line, "data_age_s", files.liveAge(now));
        return line.put("stale", stale(now));
    }

    private synchronized void putPace(ObjectNode line, Instant now) {
        AnswerJson.number(line, "steps_per_s", whileStepping(steps.rate()));
        AnswerJson.number(line, "since_last_step_s", steps.age(now));
        line.put("step_overdue", stepOverdue(now));
        AnswerJson.number(line, "since_checkpoint_s", commits.age(now));
        line.put("checkpoint_overdue", checkpointOverdue(now));
    }

    /** All there is to know of it. */
    ObjectNode detail(Instant now) {
        ObjectNode detail = AnswerJson.at(now);
        detail.setAll(summary(now));
        detail.put("run", job.run().toString());
        if (files.live() != null) {
            detail.set("live", files.live());
        }
        return detail;
    }
}
