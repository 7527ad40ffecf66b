package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import io.espalier.actors.dashboard.HeadlessBrowser;
import io.espalier.actors.quickstart.TinyWorld;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in a browser against a daemon whose student is a process of its own: it shows what that does and what becomes of
 * it, has done what it is asked for, and complains of nothing.
 */
@Tag("full")
@Timeout(240)
class DaemonBrowserTest {
    private static final String RANK = "local-student-0";
    /** The longest time from a death until it is shown. */
    private static final int RED_WITHIN_MILLIS = 5_000;

    private static final int PATIENCE_MILLIS = 90_000;
    private static final String HOSTILE = "/<img src=x onerror='window.hacked=1'>";

    @TempDir
    static Path directory;

    private static HeadlessBrowser browser;
    private static DaemonProcess daemon;
    private static ContinualJob job;

    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final AtomicInteger streams = new AtomicInteger();
    private Page page;

    @BeforeAll
    static void start() throws Exception {
        browser = HeadlessBrowser.launch();
        Path config = Files.writeString(directory.resolve("daemon.conf"), """
            espalier.http.bind.port = 0
            espalier.node.ranks { process = child, heap-mib = 256, threads = 1 }
            """);
        job = ContinualJob.ofStream(directory, TinyWorld.create(directory.resolve("world")));
        daemon = DaemonProcess.start(directory.resolve("state"), "--config", config.toString());
        job.submit(daemon);
        job.awaitLearning(daemon);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (browser != null) {
            browser.close();
        }
        if (daemon != null) {
            try (DaemonProcess last = daemon) {
                assertThat(last.terminate()).as(last.output()).isZero();
            }
        }
    }

    private void visit(String view) {
        String address = daemon.url().toString();
        page = browser.page(address, ColorScheme.LIGHT, complaints::add);
        page.onRequest(request -> {
            if (request.url().endsWith("/v1/events")) {
                streams.incrementAndGet();
            }
        });
        // Each context is another browser, and a link lets one in.
        page.navigate(daemon.ask("page").path("link").asText());
        assertSoon(page.locator("#freshness")).not().hasText("connecting");
        page.navigate(address + "/#" + view);
    }

    @AfterEach
    void nothingIsComplainedOf() {
        page.context().close();
        assertThat(complaints).isEmpty();
    }

    private static LocatorAssertions assertSoon(Locator element) {
        return PlaywrightAssertions.assertThat(element);
    }

    private static LocatorAssertions.HasTextOptions within(int millis) {
        return new LocatorAssertions.HasTextOptions().setTimeout(millis);
    }

    private static int points(Locator curve) {
        return curve.getAttribute("d").split("[ML]", -1).length - 1;
    }

    @Test
    void curvesGetMorePointsWhileOneLooks() {
        visit("overview");
        for (String title : List.of("Loss (nats per target)", "Held-out KL by domain")) {
            Locator curve =
                    page.locator("[data-chart='" + title + "'] .line path").first();
            int before = points(curve);
            page.waitForCondition(
                    () -> points(curve) > before + 1, new Page.WaitForConditionOptions().setTimeout(PATIENCE_MILLIS));
        }
    }

    @Test
    void aRankThatIsKilledIsRedWithinFiveSecondsAndGreenAgain() throws Exception {
        visit("ranks");
        Locator row = page.locator("tr[data-key=" + RANK + "]");
        Locator health = row.locator(".pill");
        assertSoon(health).hasText("●ok", within(PATIENCE_MILLIS));
        String calm = background(row);
        JsonNode rank = daemon.ask("rank", "list").path("ranks").path(0);
        assertThat(ProcessHandle.of(rank.path("pid").asLong()).orElseThrow().destroyForcibly())
                .isTrue();
        assertSoon(health).hasText("✖dead", within(RED_WITHIN_MILLIS));
        assertThat(background(row)).isNotEqualTo(calm);
        assertSoon(page.locator("#freshness")).containsText("failing");
        assertSoon(health).hasText("●ok", within(PATIENCE_MILLIS));
        assertThat(background(row)).isEqualTo(calm);
        long step = daemon.awaitJob(
                        job.id(),
                        told -> told.path("restarts").asInt() == 1
                                && told.path("state").asText().equals("running"))
                .path("step")
                .asLong();
        daemon.awaitJob(job.id(), told -> told.path("step").asLong() > step);
        page.locator("nav a[href='#events']").click();
        for (String kind : List.of("rank died", "rank up", "student restarted")) {
            assertSoon(page.locator(".events .pill")
                            .filter(new Locator.FilterOptions().setHasText(kind))
                            .first())
                    .isVisible();
        }
        assertThat(streams).as("the stream of events has not been broken").hasValue(1);
    }

    private static String background(Locator row) {
        return (String) row.locator("td").first().evaluate("cell => getComputedStyle(cell).backgroundColor");
    }

    @Test
    void pauseAndResumeAreDoneOnceTheyAreConfirmed() throws Exception {
        visit("overview");
        confirm("pause");
        assertSoon(page.locator("#jobbar .pill")).hasText("▲paused");
        daemon.awaitJob(
                job.id(),
                told -> told.path("state").asText().equals("paused")
                        && told.path("live_state").asText().equals("paused"));
        confirm("resume");
        assertSoon(page.locator("#jobbar .pill")).hasText("●running");
        long step = daemon.awaitJob(
                        job.id(), told -> told.path("state").asText().equals("running"))
                .path("step")
                .asLong();
        daemon.awaitJob(job.id(), told -> told.path("step").asLong() > step);
        assertThat(streams).hasValue(1);
    }

    private void confirm(String action) {
        page.locator("[data-action=" + action + "]").click();
        page.locator("dialog [data-confirm=" + action + "]").click();
        assertSoon(page.locator(".toast.ok").last()).containsText("done");
    }

    @Test
    void whatAFailedOrderSaysIsShownAndDoesNothing() {
        visit("events");
        assertThat(daemon.run("job", "teacher", job.id(), directory + HOSTILE).exitCode())
                .isNotZero();
        Locator failed = page.locator(".events .message")
                .filter(new Locator.FilterOptions().setHasText("an order has failed"))
                .first();
        assertSoon(failed).containsText(HOSTILE);
        assertThat(page.locator("main img, main script").count()).isZero();
        assertThat(page.evaluate("window.hacked")).isNull();
    }
}
