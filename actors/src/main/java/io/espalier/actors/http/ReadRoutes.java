package io.espalier.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** The routes that read: snapshots, page by page where they are long. */
final class ReadRoutes {
    private final Snapshots snapshots;
    private final HttpSettings.PageSettings pages;

    ReadRoutes(Snapshots snapshots, HttpSettings.PageSettings pages) {
        this.snapshots = snapshots;
        this.pages = pages;
    }

    List<Route> routes() {
        QueryParameter limit = QueryParameter.number("limit", 1, pages.mostItems());
        return List.of(
                read("/v1/overview", "getOverview", _ -> snapshots.overview()),
                read("/v1/jobs", "listJobs", _ -> snapshots.jobs()),
                read("/v1/jobs/{job}", "getJob", call -> snapshots.job(call.job())),
                read("/v1/jobs/{job}/graph", "getGraph", call -> snapshots.graph(call.job())),
                read(
                        "/v1/jobs/{job}/series",
                        "getSeries",
                        this::series,
                        QueryParameter.names("names"),
                        QueryParameter.moment("from"),
                        QueryParameter.moment("to"),
                        QueryParameter.number("points", 1, pages.mostPoints())),
                read("/v1/jobs/{job}/checkpoints", "listCheckpoints", call -> snapshots.checkpoints(call.job())),
                read("/v1/jobs/{job}/versions", "listVersions", call -> snapshots.versions(call.job())),
                read("/v1/jobs/{job}/ledger", "getLedger", call -> snapshots.ledger(call.job())),
                read(
                        "/v1/jobs/{job}/dead-letters",
                        "listDeadLetters",
                        call -> snapshots.deadLetters(call.job(), items(call)),
                        limit),
                read(
                        "/v1/jobs/{job}/events",
                        "listJobEvents",
                        call -> snapshots.jobEvents(
                                call.job(), call.large("after").orElse(0L), items(call)),
                        QueryParameter.number("after", 0, Long.MAX_VALUE),
                        limit),
                read(
                        "/v1/actors",
                        "listActors",
                        this::actors,
                        QueryParameter.words("class"),
                        QueryParameter.words("state"),
                        QueryParameter.words("cursor"),
                        limit),
                read("/v1/ranks", "listRanks", _ -> snapshots.ranks()),
                read("/v1/transport", "getTransport", _ -> snapshots.transport()),
                read("/v1/cluster/members", "listMembers", _ -> snapshots.members()),
                read("/v1/config", "getConfig", _ -> snapshots.config()));
    }

    private static Route read(String path, String operation, Function<Call, JsonNode> reader, QueryParameter... query) {
        return Route.get(path, Access.READ, operation, call -> Replies.json(reader.apply(call)), query);
    }

    private int items(Call call) {
        return call.number("limit", pages.items());
    }

    private JsonNode series(Call call) {
        List<String> names =
                call.text("names").map(text -> Arrays.asList(text.split(","))).orElse(List.of());
        int points = call.number("points", pages.points());
        return snapshots.series(call.job(), new SeriesQuery(names, call.moment("from"), call.moment("to"), points));
    }

    private JsonNode actors(Call call) {
        return snapshots.actors(
                new ActorQuery(call.text("class"), call.text("state"), call.text("cursor"), items(call)));
    }
}
