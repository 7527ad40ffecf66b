package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.rank.ProcessStatus;
import io.espalier.actors.rank.RankStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The ranks: as processes of this node, and as whoever coordinates them last heard of them. */
final class RankTable {
    private final Map<String, ProcessStatus> before = new HashMap<>();
    private volatile List<Rank> ranks = List.of();

    /**
     * A rank.
     *
     * @param process null where another node runs it
     * @param status null where no job has it
     * @param job that it works for; empty for none
     */
    record Rank(String name, ProcessStatus process, RankStatus status, String job) {
        /** ok, starting or dead; one that has died is so until another has taken its place. */
        String health() {
            if (process != null) {
                switch (process.state()) {
                    case WAITING, STOPPED, GIVEN_UP -> {
                        return "dead";
                    }
                    case STARTING -> {
                        return process.died() ? "dead" : "starting";
                    }
                    case MEMBER -> {}
                }
            }
            if (status == null) {
                return "ok";
            }
            return switch (status.state()) {
                case FAILED, STOPPED -> "dead";
                case LOADING -> "starting";
                case IDLE, READY, WORKING -> "ok";
            };
        }

        boolean givenUp() {
            return process != null && process.state() == ProcessStatus.State.GIVEN_UP;
        }

        /** All ranks of one kind on one node are named alike, but for their number. */
        String kind() {
            return name.replaceFirst("-\\d+$", "");
        }

        int restarts() {
            return (process == null ? 0 : process.restarts()) + (status == null ? 0 : status.restarts());
        }

        String cause() {
            String ofProcess = process == null ? "" : process.cause();
            return ofProcess.isEmpty() && status != null ? status.cause() : ofProcess;
        }
    }

    void look(List<ProcessStatus> processes, List<WatchedJob> jobs, Timeline timeline) {
        for (ProcessStatus process : processes) {
            ProcessStatus earlier = before.put(process.rank(), process);
            if (earlier != null) {
                tell(earlier, process, timeline);
            }
        }
        Map<String, Rank> byName = new TreeMap<>();
        processes.forEach(process -> byName.put(process.rank(), new Rank(process.rank(), process, null, "")));
        for (WatchedJob job : jobs) {
            for (RankStatus status : job.view().ranks()) {
                Rank known = byName.get(status.name());
                String id = job.view().state().ended() ? "" : job.spec().id();
                byName.put(status.name(), new Rank(status.name(), known == null ? null : known.process, status, id));
            }
        }
        ranks = new ArrayList<>(byName.values());
    }

    /** Tells of changes; a death is told also where the process runs again by the time of the look. */
    private static void tell(ProcessStatus earlier, ProcessStatus now, Timeline timeline) {
        if (now.died() && now.restarts() > earlier.restarts()) {
            tell("rank_died", Severity.ERROR, now, "has ended: " + now.cause(), timeline);
        }
        if (now.state() == earlier.state() && now.incarnation() == earlier.incarnation()) {
            return;
        }
        switch (now.state()) {
            case WAITING -> {
                // Told as its death.
            }
            case GIVEN_UP -> tell("rank_given_up", Severity.ERROR, now, "is given up: " + now.cause(), timeline);
            case STARTING -> tell("rank_starting", Severity.INFO, now, "starts", timeline);
            case MEMBER -> tell("rank_up", Severity.INFO, now, "is up", timeline);
            case STOPPED -> tell("rank_stopped", Severity.INFO, now, "is stopped", timeline);
        }
    }

    private static void tell(String kind, Severity severity, ProcessStatus rank, String what, Timeline timeline) {
        timeline.add(
                kind,
                severity,
                "rank " + rank.rank() + " " + what,
                data -> data.put("rank", rank.rank()).put("restarts", rank.restarts()));
    }

    List<Rank> ranks() {
        return ranks;
    }

    long healthy() {
        return ranks.stream().filter(rank -> rank.health().equals("ok")).count();
    }

    ObjectNode json(Instant now, int most) {
        List<ObjectNode> rows = ranks.stream().map(RankTable::json).toList();
        ObjectNode answer = AnswerJson.at(now);
        AnswerJson.last(answer, "ranks", rows, most);
        return answer;
    }

    private static ObjectNode json(Rank rank) {
        ObjectNode row = AnswerJson.object();
        row.put("name", rank.name).put("health", rank.health()).put("job", rank.job);
        row.put("restarts", rank.restarts()).put("cause", rank.cause());
        if (rank.process != null) {
            row.put("process", JobWatch.label(rank.process.state())).put("pid", rank.process.pid());
            row.put("resident_bytes", rank.process.residentBytes());
        }
        if (rank.status != null) {
            row.put("state", JobWatch.label(rank.status.state())).put("device", rank.status.device());
            row.put("answered", rank.status.answered());
            AnswerJson.number(row, "progress", rank.status.progress());
            if (rank.status.failedAtMillis() > 0) {
                row.put(
                        "failed_time",
                        Instant.ofEpochMilli(rank.status.failedAtMillis()).toString());
            }
        }
        return row;
    }
}
