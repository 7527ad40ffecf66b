package io.espalier.actors.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page in a browser: it follows what the daemon says, asks for what it should, and runs nothing that it is shown. */
@Tag("full")
@Timeout(120)
class DashboardBrowserTest {
    private static final String HOSTILE = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>";

    private static HeadlessBrowser browser;

    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final AtomicInteger points = new AtomicInteger(20);
    private final AtomicBoolean dead = new AtomicBoolean();
    private final AtomicBoolean frozen = new AtomicBoolean();
    private String frozenTime = "";
    private DashboardServer server;
    private Page page;

    @BeforeAll
    static void launch() {
        browser = HeadlessBrowser.launch();
    }

    @AfterAll
    static void quit() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void open() throws IOException {
        server = new DashboardServer();
        server.answer("/v1/overview", this::overview);
        server.answer("/v1/jobs/demo/series", this::series);
        server.answer("/v1/jobs/demo/graph", GRAPH);
        server.answer("/v1/ranks", this::ranks);
        server.answer("/v1/actors", ACTORS);
        server.event("{\"sequence\":1,\"time\":\"2026-01-01T00:00:00Z\",\"kind\":\"drift\",\"severity\":\"warning\","
                + "\"job\":\"demo\",\"step\":50,\"message\":\"teacher loss went up\"}");
        server.event("{\"sequence\":2,\"time\":\"2026-01-01T00:00:09Z\",\"kind\":\"rank_died\",\"severity\":\"error\","
                + "\"message\":\"rank r0 has ended\"}");
    }

    private void visit(String view, ColorScheme scheme) {
        page = browser.page(server.address(), scheme, complaints::add);
        page.navigate(server.address() + "/#" + view);
    }

    @AfterEach
    void close() {
        if (page != null) {
            page.context().close();
        }
        if (server != null) {
            server.close();
        }
        assertThat(complaints).isEmpty();
    }

    private String time() {
        if (!frozen.get()) {
            frozenTime = Instant.now().toString();
        }
        return frozenTime;
    }

    private JsonNode overview() {
        ObjectNode all = (ObjectNode) DashboardServer.parse(OVERVIEW);
        all.put("time", time());
        all.put("state", dead.get() ? "failing" : "healthy");
        if (dead.get()) {
            all.withArray("alerts")
                    .addObject()
                    .put("severity", "error")
                    .put("code", "rank_dead")
                    .put("message", "rank r0 is dead");
        }
        return all;
    }

    private JsonNode series() {
        ObjectNode answer = (ObjectNode) DashboardServer.parse("{\"series\":{},\"names\":[],\"truncated\":false}");
        for (String name : List.of("loss", "validation.tales.txt.kl")) {
            ArrayNode line = ((ObjectNode) answer.path("series")).putArray(name);
            for (int i = 0; i < points.get(); i++) {
                double value = 3.0 / (1 + i);
                line.addArray()
                        .add(1_000L * i)
                        .add(10 * i)
                        .add(value)
                        .add(value * 0.9)
                        .add(value * 1.1);
            }
        }
        return answer;
    }

    private JsonNode ranks() {
        return DashboardServer.parse(
                "{\"time\":\"" + time() + "\",\"total\":1,\"truncated\":false,\"ranks\":[{\"name\":\"r0\","
                        + "\"health\":\"" + (dead.get() ? "dead" : "ok")
                        + "\",\"job\":\"demo\",\"restarts\":1,\"cause\":\"killed\","
                        + "\"process\":\"member\",\"pid\":7,\"resident_bytes\":1048576,\"state\":\"working\",\"device\":\"cpu\","
                        + "\"answered\":5,\"progress\":1}]}");
    }

    @Test
    void curvesGrowWithWhatIsLearnt() {
        visit("overview", ColorScheme.LIGHT);
        var line = page.locator("[data-chart='Loss (nats per target)'] .line path");
        PlaywrightAssertions.assertThat(line).hasCount(1);
        String before = line.getAttribute("d");
        points.set(40);
        PlaywrightAssertions.assertThat(line).not().hasAttribute("d", before);
        PlaywrightAssertions.assertThat(page.locator("[data-stage=teacher]")).containsText("back-pressured");
        PlaywrightAssertions.assertThat(page.locator(".mark.drift")).not().hasCount(0);
    }

    @Test
    void aDeadRankTurnsRedAndIsHealthyAgain() {
        visit("ranks", ColorScheme.LIGHT);
        var row = page.locator("tr[data-key=r0]");
        PlaywrightAssertions.assertThat(row.locator(".pill")).hasText("●ok");
        String calm = background(row.locator("td").first());
        dead.set(true);
        PlaywrightAssertions.assertThat(row.locator(".pill")).hasText("✖dead");
        assertThat(background(row.locator("td").first())).isNotEqualTo(calm);
        PlaywrightAssertions.assertThat(page.locator("#freshness")).containsText("failing");
        dead.set(false);
        PlaywrightAssertions.assertThat(row.locator(".pill")).hasText("●ok");
        assertThat(background(row.locator("td").first())).isEqualTo(calm);
    }

    private static String background(com.microsoft.playwright.Locator element) {
        return (String) element.evaluate("cell => getComputedStyle(cell).backgroundColor");
    }

    @Test
    void pauseIsAskedForOnceItIsConfirmedAndNotBefore() throws InterruptedException {
        visit("overview", ColorScheme.LIGHT);
        page.getByText("Pause", new Page.GetByTextOptions().setExact(true)).click();
        PlaywrightAssertions.assertThat(page.locator("dialog")).containsText("Pause job demo?");
        page.keyboard().press("Escape");
        PlaywrightAssertions.assertThat(page.locator("dialog")).not().isVisible();
        assertThat(server.asked()).isEmpty();
        page.locator("[data-action=pause]").focus();
        page.keyboard().press("Enter");
        page.locator("dialog [data-confirm=pause]").click();
        DashboardServer.Asked asked = server.asked().poll(10, TimeUnit.SECONDS);
        assertThat(asked.method()).isEqualTo("PUT");
        assertThat(asked.path()).isEqualTo("/v1/jobs/demo/pause");
        assertThat(asked.headers()).containsEntry("X-espalier-request", List.of("1"));
        assertThat(asked.headers()).containsKey("Idempotency-key");
        PlaywrightAssertions.assertThat(page.locator(".toast").last()).containsText("done");
    }

    @Test
    void tuningTakesNumbersWithinTheirBoundsAlone() throws InterruptedException {
        visit("overview", ColorScheme.LIGHT);
        page.locator("[data-action=tune]").click();
        page.locator("dialog [name=replay_share]").fill("1.5");
        page.locator("dialog [data-confirm=tune]").click();
        PlaywrightAssertions.assertThat(page.locator("dialog .complaint")).containsText("must be from 0 to 1");
        assertThat(server.asked()).isEmpty();
        page.locator("dialog [name=replay_share]").fill("0.5");
        page.locator("dialog [data-confirm=tune]").click();
        DashboardServer.Asked asked = server.asked().poll(10, TimeUnit.SECONDS);
        assertThat(asked.path()).isEqualTo("/v1/jobs/demo/settings");
        assertThat(asked.headers()).containsEntry("Content-type", List.of("application/json"));
        assertThat(asked.body()).isEqualTo("{\"replay_share\":0.5}");
    }

    @Test
    void theRateOfNowStandsInItsFieldAndIsNotSentUnlessItIsChanged() throws InterruptedException {
        visit("overview", ColorScheme.LIGHT);
        page.locator("[data-action=tune]").click();
        PlaywrightAssertions.assertThat(page.locator("dialog [name=learning_rate]"))
                .hasValue("0.001");
        page.locator("dialog [data-confirm=tune]").click();
        PlaywrightAssertions.assertThat(page.locator("dialog .complaint")).containsText("Nothing is changed");
        page.locator("dialog [name=learning_rate]").fill("2e-4");
        page.locator("dialog [data-confirm=tune]").click();
        assertThat(server.asked().poll(10, TimeUnit.SECONDS).body()).isEqualTo("{\"learning_rate\":0.0002}");
    }

    @Test
    void aJobThatHasNotBegunIsShownInEveryViewAndBorrowsNoFiguresFromAnother() {
        server.answer("/v1/overview", this::withJobsThatHaveNotBegun);
        for (String job : NOT_BEGUN) {
            server.answer("/v1/jobs/" + job + "/series", "{\"series\":{},\"names\":[],\"truncated\":false}");
            server.answer("/v1/jobs/" + job + "/graph", "{\"nodes\":[],\"edges\":[]}");
            server.answer("/v1/jobs/" + job + "/checkpoints", "{\"checkpoints\":[],\"committed_step\":0}");
            server.answer("/v1/jobs/" + job + "/versions", "{\"versions\":[]}");
            server.answer("/v1/jobs/" + job, "{}");
            server.answer("/v1/jobs/" + job + "/ledger", "{\"ledger\":[],\"total\":0}");
            server.answer("/v1/jobs/" + job + "/dead-letters", "{\"dead_letters\":[],\"total\":0}");
        }
        visit("overview", ColorScheme.LIGHT);
        PlaywrightAssertions.assertThat(page.locator(".tiles")).containsText("42");
        for (String job : NOT_BEGUN) {
            page.locator("[data-chooser=job]").selectOption(job);
            PlaywrightAssertions.assertThat(page.locator("#jobbar")).containsText("waits for job demo");
            PlaywrightAssertions.assertThat(page.locator(".tiles")).containsText("no pace yet");
            PlaywrightAssertions.assertThat(page.locator(".tiles")).not().containsText("42");
            PlaywrightAssertions.assertThat(page.locator("[data-stage=teacher]"))
                    .hasCount(0);
            for (String view : List.of("training", "models", "data", "events", "overview")) {
                page.locator("nav a[href='#" + view + "']").click();
                PlaywrightAssertions.assertThat(page.locator("nav a[aria-current=page]"))
                        .hasAttribute("href", "#" + view);
                PlaywrightAssertions.assertThat(page.locator("#main .panel").first())
                        .isVisible();
                PlaywrightAssertions.assertThat(page.locator(".broken")).hasCount(0);
            }
            page.locator("[data-chooser=job]").selectOption("demo");
            PlaywrightAssertions.assertThat(page.locator(".tiles")).containsText("42");
        }
    }

    private JsonNode withJobsThatHaveNotBegun() {
        ObjectNode all = (ObjectNode) overview();
        for (String id : NOT_BEGUN) {
            ObjectNode job = all.path("jobs").path(0).deepCopy();
            job.put("id", id).put("state", id.equals("failed") ? "failed" : "starting");
            job.put("step", 0).put("committed_step", 0).put("published", "").put("live_state", "");
            job.put("cause", "waits for job demo").putObject("heldout_kl");
            for (String figure : List.of(
                    "steps_per_s",
                    "since_last_step_s",
                    "since_checkpoint_s",
                    "loss",
                    "kl",
                    "tokens_per_s",
                    "learning_rate",
                    "grad_norm",
                    "replay_share",
                    "data_age_s")) {
                job.putNull(figure);
            }
            all.withArray("jobs").add(job);
        }
        return all;
    }

    @Test
    void aViewThatCannotBeDrawnSaysSoAndLeavesNothingOlderStanding() {
        visit("overview", ColorScheme.LIGHT);
        PlaywrightAssertions.assertThat(page.locator(".tiles")).containsText("42");
        server.answer("/v1/jobs/demo/graph", "{\"nodes\":{}}");
        PlaywrightAssertions.assertThat(page.locator("#main .broken")).containsText("cannot be shown");
        PlaywrightAssertions.assertThat(page.locator(".tiles")).hasCount(0);
        page.locator("nav a[href='#ranks']").click();
        PlaywrightAssertions.assertThat(page.locator("tr[data-key=r0]")).isVisible();
        assertThat(complaints).isNotEmpty().allMatch(complaint -> complaint.contains("TypeError"));
        complaints.clear();
    }

    @Test
    void numbersHaveThreeSignificantDigitsAndWhatIsNoNumberIsADash() {
        visit("overview", ColorScheme.LIGHT);
        assertThat(page.evaluate("""
            async () => {
              const { number, tick, seconds, percent } = await import("/format.js");
              return [0.00191, 1e-3, 6.4e-4, 0, 12.345, 1234.6, 2e6, null].map(number)
                .concat([tick(null), tick(undefined), seconds(null), percent(NaN)]);
            }\
            """))
                .isEqualTo(List.of(
                        "0.00191", "0.001", "6.40e-4", "0", "12.3", "1,235", "2.00e+6", "–", "–", "–", "–", "–"));
    }

    @Test
    void aHostileMessageIsShownAndDoesNothing() {
        visit("actors", ColorScheme.DARK);
        page.locator("details.failure summary").click();
        PlaywrightAssertions.assertThat(page.locator("details.failure pre")).hasText(HOSTILE);
        assertThat(page.locator("main img, main script").count()).isZero();
        assertThat(page.evaluate("window.hacked")).isNull();
        // It stays open though the table is drawn anew.
        points.incrementAndGet();
        page.waitForResponse("**/v1/actors*", () -> {});
        page.waitForResponse("**/v1/actors*", () -> {});
        PlaywrightAssertions.assertThat(page.locator("details.failure pre")).isVisible();
    }

    @Test
    void oldDataIsNeverShownAsNew() {
        visit("overview", ColorScheme.LIGHT);
        PlaywrightAssertions.assertThat(page.locator("#freshness")).containsText("healthy");
        frozen.set(true);
        PlaywrightAssertions.assertThat(page.locator("#freshness")).containsText("stale");
        PlaywrightAssertions.assertThat(page.locator("#announce")).hasText("The daemon is stale.");
        assertThat(page.evaluate("document.body.classList.contains('stale')")).isEqualTo(true);
        frozen.set(false);
        PlaywrightAssertions.assertThat(page.locator("#freshness")).containsText("healthy");
    }

    @Test
    void everyViewCanBeReachedByKeyboardInLightAndDarkAndEventsCanBeFiltered() {
        visit("events", ColorScheme.DARK);
        String dark = (String) page.evaluate("getComputedStyle(document.body).backgroundColor");
        PlaywrightAssertions.assertThat(page.locator(".events li")).hasCount(2);
        page.locator("[data-filter=severity]").selectOption("error");
        PlaywrightAssertions.assertThat(page.locator(".events li")).hasCount(1);
        page.locator("#theme").click();
        assertThat(page.evaluate("getComputedStyle(document.body).backgroundColor"))
                .isNotEqualTo(dark);
        page.locator("nav a").first().focus();
        page.keyboard().press("Enter");
        PlaywrightAssertions.assertThat(page.locator("nav a[aria-current=page]"))
                .hasText("Overview");
        assertThat(page.evaluate("document.activeElement.id")).isEqualTo("main");
        assertThat(page.locator("button:not([aria-label])")
                        .evaluateAll("all => all.every(b => b.textContent.trim() !== '')"))
                .isEqualTo(true);
        assertThat(page.locator("svg[role=img]")
                        .evaluateAll("all => all.every(s => s.getAttribute('aria-label') !== '')"))
                .isEqualTo(true);
    }

    private static final List<String> NOT_BEGUN = List.of("queued", "starting", "failed");

    private static final String OVERVIEW = """
        {"state":"healthy","alerts":[],"total":1,"truncated":false,"ranks":{"healthy":1,"total":1},"members":{"up":1},
         "unreachable":0,"dead_letters":0,"unhandled":0,"disk_free_ratio":0.5,"stale_after_s":2,"build":{},
         "jobs":[{"id":"demo","state":"running","command":"continual","live_state":"running","step":42,
          "steps_per_s":2.0,"since_last_step_s":0.4,"step_overdue":false,"loss":2.5,"kl":0.2,"tokens_per_s":1000,
          "learning_rate":0.001,"grad_norm":0.5,"heldout_kl":{"tales.txt":0.3},"dead_letters":0,"published":"v000001",
          "committed_step":40,"since_checkpoint_s":3.0,"checkpoint_overdue":false,"restarts":0,"epoch":1,"cause":"",
          "exit_code":0,"data_age_s":0.2,"stale":false}]}
        """;

    private static final String GRAPH = """
        {"nodes":[{"id":"source:chat","kind":"source","name":"chat","source_kind":"http","read":1,"lag_records":null},
          {"id":"stage:teacher","kind":"stage","name":"teacher","busy":0.2,"idle":0.1,"back_pressured":0.7,
           "elements":9,"status":"back-pressured"}],
         "edges":[{"from":"source:chat","to":"stage:teacher"}]}
        """;

    private static final String ACTORS = """
        {"total":1,"truncated":false,"dead_letters":0,"unhandled":0,"lost_messages":[],"roles":[],"actors":[
         {"path":"/user/r0","class":"rank","state":"failed","mailbox":0,"mailbox_p50_s":0,"mailbox_p99_s":0,
          "processing_p50_s":0,"processing_p99_s":0,"messages":1,"failures":1,"restarts":0,"busy_with":"","busy_s":0,
          "last_failure":{"type":"java.lang.IllegalStateException","time":"2026-01-01T00:00:00Z","message":"HOSTILE"}}]}
        """.replace("HOSTILE", HOSTILE);
}
