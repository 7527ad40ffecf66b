package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.protocol.JobState;
import io.espalier.actors.protocol.JobView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A condition that somebody should look at now. */
record Alert(Severity severity, String code, String message) {
    private static final Set<String> HINDERING = Set.of("no_rank", "trouble");

    static List<Alert> ofJobs(Collection<JobWatch> jobs, Instant now) {
        List<Alert> alerts = new ArrayList<>();
        for (JobWatch job : jobs) {
            String name = "job " + job.job().spec().id();
            if (job.job().view().state() == JobState.FAILED) {
                alerts.add(new Alert(
                        Severity.ERROR,
                        "job_failed",
                        name + " has failed: " + job.job().view().cause()));
            }
            if (job.job().view().cause().startsWith(JobView.WAITS)) {
                alerts.add(new Alert(
                        Severity.ERROR,
                        "job_waits",
                        name + " " + job.job().view().cause()));
            }
            if (job.stale(now)) {
                alerts.add(new Alert(
                        Severity.ERROR,
                        "data_stale",
                        name + ": its student has said nothing for "
                                + seconds(job.files().liveAge(now))));
            } else if (job.stepOverdue(now)) {
                alerts.add(new Alert(
                        Severity.ERROR,
                        "step_overdue",
                        name + " has made no step for " + seconds(job.sinceLastStep(now))));
            }
            if (job.checkpointOverdue(now)) {
                alerts.add(new Alert(
                        Severity.WARNING,
                        "checkpoint_overdue",
                        name + " has had no checkpoint for " + seconds(job.sinceLastCommit(now))));
            }
            if (job.files().last("skipped") > 0) {
                alerts.add(new Alert(
                        Severity.WARNING,
                        "nonfinite_steps",
                        name + " has passed over " + Math.round(job.files().last("skipped")) + " non-finite batches"));
            }
            job.troubles()
                    .forEach((source, why) -> alerts.add(
                            new Alert(Severity.WARNING, "source_failing", name + ": source " + source + ": " + why)));
            if (job.paused()) {
                alerts.add(new Alert(
                        Severity.WARNING,
                        "dead_letters_paused",
                        name + " has paused itself: too many records cannot be used"));
            }
        }
        return alerts;
    }

    /**
     * The alerts for dead ranks. A node that has given up all its ranks of a kind cannot do their work: the alert's
     * code is then {@code no_rank}, and {@code rank_dead} otherwise.
     */
    static List<Alert> ofRanks(List<RankTable.Rank> ranks) {
        Set<String> left = ranks.stream()
                .filter(rank -> !rank.givenUp())
                .map(RankTable.Rank::kind)
                .collect(Collectors.toSet());
        return ranks.stream()
                .filter(rank -> rank.health().equals("dead"))
                .map(rank -> left.contains(rank.kind())
                        ? new Alert(Severity.ERROR, "rank_dead", "rank " + rank.name() + " is dead: " + rank.cause())
                        : new Alert(Severity.ERROR, "no_rank", "rank " + rank.name() + " is given up: " + rank.cause()))
                .toList();
    }

    /** Whether the daemon cannot do its work while this alert lasts, so that traffic should go elsewhere. */
    boolean hinders() {
        return HINDERING.contains(code);
    }

    static List<Alert> ofCluster(long unreachable) {
        return unreachable == 0
                ? List.of()
                : List.of(new Alert(
                        Severity.ERROR,
                        "member_unreachable",
                        unreachable + " members of the cluster cannot be reached"));
    }

    static List<Alert> ofDisk(double free, double least) {
        return free >= least
                ? List.of()
                : List.of(new Alert(
                        Severity.WARNING,
                        "disk_low",
                        String.format(Locale.ROOT, "the state directory's disk has %.1f %% free", 100 * free)));
    }

    static List<Alert> ofTroubles(Map<String, String> troubles) {
        return troubles.entrySet().stream()
                .map(trouble -> new Alert(Severity.ERROR, "trouble", trouble.getKey() + " " + trouble.getValue()))
                .toList();
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.0f s", seconds);
    }

    ObjectNode json() {
        return AnswerJson.object()
                .put("severity", severity.label())
                .put("code", code)
                .put("message", message);
    }
}
