package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The files that the listing names are served, under their types and tags, and nothing beside them. */
@Timeout(60)
class StaticFilesTest {
    private static final String FOLDER = "/io/espalier/actors/dashboard/";

    @TempDir
    Path directory;

    @Test
    void theListingNamesTheFilesOfTheFolder() throws IOException, URISyntaxException {
        TreeSet<String> listed = new TreeSet<>();
        StaticFiles.routes(FOLDER)
                .forEach(route -> listed.add(route.path().toString().substring(1)));
        listed.remove("");
        Path folder = Path.of(StaticFiles.class
                        .getResource(FOLDER + StaticFiles.LISTING)
                        .toURI())
                .getParent();
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> folder.relativize(file).toString())
                            .filter(file -> !file.equals(StaticFiles.LISTING)))
                    .containsExactlyInAnyOrderElementsOf(listed);
        }
    }

    @Test
    void aFileHasATagAndIsSentAgainOnlyWhenItHasChanged() throws IOException {
        try (RunningServer server = RunningServer.open(directory, Map.of())) {
            RawAnswer document = server.request("GET", "/v1/openapi").send();
            assertThat(document.headers())
                    .containsEntry("content-type", "application/json")
                    .containsEntry("cache-control", "no-cache");
            String tag = document.headers().get("etag");
            RawAnswer again = server.request("GET", "/v1/openapi")
                    .header("If-None-Match", tag)
                    .send();
            assertThat(again.status()).isEqualTo(304);
            assertThat(again.body()).isEmpty();
            RawAnswer other = server.request("GET", "/v1/openapi")
                    .header("If-None-Match", "\"x\"")
                    .send();
            assertThat(other.status()).isEqualTo(200);
        }
    }

    @Test
    void theListingItselfAndTheClassPathAreNotServed() throws IOException {
        try (RunningServer server = RunningServer.open(directory, Map.of())) {
            for (String path : List.of("/files.txt", "/espalier-http.conf", "/logback.xml", "//", "/io/espalier")) {
                assertThat(server.request("GET", path).send().status()).as(path).isIn(400, 404);
            }
        }
    }

    @Test
    void aFileThatIsListedAndMissingIsRefused() {
        assertThatThrownBy(() -> StaticFiles.routes("/io/espalier/nowhere/"))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("/io/espalier/nowhere/files.txt");
    }
}
