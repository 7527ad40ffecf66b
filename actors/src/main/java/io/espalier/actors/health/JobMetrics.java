package io.espalier.actors.health;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.protocol.JobState;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The metrics of the jobs in Prometheus' form. Labels are bounded by the number of jobs, sources, stages and domains.
 */
final class JobMetrics {
    private static final String GAUGE = "gauge";
    private static final String COUNTER = "counter";

    /** The job's name: the label {@code job} is Prometheus' own, for that of the scrape. */
    private static final String RUN = "run";

    private final MetricsText text;
    private final List<JobWatch> jobs;

    JobMetrics(MetricsText text, Collection<JobWatch> jobs) {
        this.text = text;
        this.jobs = List.copyOf(jobs);
    }

    void write() {
        states();
        each("run_step", GAUGE, "optimiser steps taken", JobWatch::step);
        each("run_last_step_timestamp_seconds", GAUGE, "when the last step was seen", job -> time(job.lastStep()));
        each("epoch", GAUGE, "of what may commit now", job -> job.job().view().epoch());
        each(
                "student_restarts_total",
                COUNTER,
                "student processes that followed one that had died",
                job -> job.job().view().restarts());
        each(
                "tokens_processed_total",
                COUNTER,
                "target tokens learnt from since this process began to look, those included that were learnt once more",
                job -> job.grown("tokens"));
        each("tokens_per_second", GAUGE, "target tokens learnt from", JobWatch::tokensPerSecond);
        each("nonfinite_steps_total", COUNTER, "global batches passed over as non-finite", job -> job.grown("skipped"));
        each(
                "grad_norm",
                GAUGE,
                "of the last step, before clipping",
                job -> job.files().last("grad_norm"));
        each("learning_rate", GAUGE, "of the last step", job -> job.files().last("learning_rate"));
        each(
                "data_wait_seconds",
                GAUGE,
                "that the student waited for its last batches",
                job -> job.files().last("data_wait_s"));
        losses();
        each("poison_records_total", COUNTER, "records that could not be used", job -> job.grown("dead_letters"));
        sources();
        stages();
        checkpoints();
        events();
    }

    private void each(String name, String type, String help, ToDoubleFunction<JobWatch> value) {
        text.family(name, type, help);
        jobs.forEach(job -> text.sample(value.applyAsDouble(job), RUN, id(job)));
    }

    private static String id(JobWatch job) {
        return job.job().spec().id();
    }

    private static double time(Instant time) {
        return time == null ? Double.NaN : time.toEpochMilli() / 1e3;
    }

    private void states() {
        text.family("run_state", GAUGE, "1 for the state that the job is in");
        for (JobWatch job : jobs) {
            for (JobState state : JobState.values()) {
                double is = job.job().view().state() == state ? 1 : 0;
                text.sample(is, RUN, id(job), "state", JobWatch.label(state));
            }
        }
    }

    private void losses() {
        text.family("loss", GAUGE, "nats per target");
        for (JobWatch job : jobs) {
            text.sample(job.files().last("loss"), RUN, id(job), "kind", "total");
            text.sample(job.files().last("student_kl"), RUN, id(job), "kind", "live_kl");
            text.sample(job.files().last("teacher_loss"), RUN, id(job), "kind", "teacher");
        }
        text.family("heldout_kl", GAUGE, "nats per target from the student to the teacher on held-out text");
        for (JobWatch job : jobs) {
            for (Map.Entry<String, Double> domain : job.files().heldOutKl().entrySet()) {
                text.sample(domain.getValue(), RUN, id(job), "domain", domain.getKey());
            }
        }
    }

    private void sources() {
        text.family("source_lag_records", GAUGE, "records that wait in a source");
        forSources("lag_records");
        text.family("source_records_total", COUNTER, "records read from a source");
        countOfSources("read");
        text.family("source_duplicates_total", COUNTER, "records dropped because their keys had been seen");
        countOfSources("duplicates");
        text.family(
                "source_tombstones_total", COUNTER, "records without a value, which say that something was deleted");
        countOfSources("tombstones");
    }

    private void countOfSources(String field) {
        for (JobWatch job : jobs) {
            ObjectNode live = job.files().live();
            for (JsonNode source : live == null ? AnswerJson.array() : live.path("sources")) {
                String name = source.path("name").asText();
                text.sample(job.grown(field + " " + name), RUN, id(job), "source", name);
            }
        }
    }

    private void forSources(String field) {
        for (JobWatch job : jobs) {
            ObjectNode live = job.files().live();
            for (JsonNode source : live == null ? AnswerJson.array() : live.path("sources")) {
                if (source.path(field).isNumber()) {
                    String name = source.path("name").asText();
                    text.sample(source.path(field).asDouble(), RUN, id(job), "source", name);
                }
            }
        }
    }

    private void stages() {
        forStages("stage_busy_ratio", GAUGE, "share of the last second that a stage worked", "busy");
        forStages("stage_idle_ratio", GAUGE, "share that it waited for its input", "idle");
        forStages("stage_backpressured_ratio", GAUGE, "share that nobody took what it had", "back_pressured");
        forStages("stage_elements_total", COUNTER, "elements that a stage has finished", "elements");
    }

    private void forStages(String name, String type, String help, String field) {
        text.family(name, type, help);
        for (JobWatch job : jobs) {
            ObjectNode live = job.files().live();
            for (JsonNode stage : live == null ? AnswerJson.array() : live.path("stages")) {
                text.sample(
                        stage.path(field).asDouble(),
                        RUN,
                        id(job),
                        "stage",
                        stage.path("name").asText());
            }
        }
    }

    private void checkpoints() {
        each(
                "checkpoint_last_success_timestamp_seconds",
                GAUGE,
                "when the newest was seen",
                job -> time(job.lastCommit()));
        each(
                "checkpoint_last_step",
                GAUGE,
                "of the newest",
                job -> job.job().view().committedStep());
        each(
                "checkpoint_bytes",
                GAUGE,
                "size of the newest",
                job -> job.files().checkpoints().isEmpty()
                        ? Double.NaN
                        : job.files().checkpoints().getLast().path("bytes").asDouble());
    }

    private void events() {
        text.family("run_events_total", COUNTER, "of a run's own log, since this process began to read it");
        for (JobWatch job : jobs) {
            for (String kind : RunFiles.COUNTED) {
                text.sample(job.files().events(kind), RUN, id(job), "kind", kind);
            }
        }
    }
}
