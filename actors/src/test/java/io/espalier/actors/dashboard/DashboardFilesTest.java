package io.espalier.actors.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The page is made of files of its own alone, all of them served, and nothing in them that its policy forbids. */
@Timeout(30)
class DashboardFilesTest {
    private static final Pattern REFERENCE =
            Pattern.compile("(?:from|import) \"\\./([^\"]+)\"|(?:src|href)=\"([^\"#]+)\"");

    private static String text(String name) {
        return new String(DashboardServer.resource(name), StandardCharsets.UTF_8);
    }

    private static List<String> names() {
        return DashboardServer.listed().stream().map(file -> file[0]).toList();
    }

    @Test
    void everyFileOfTheFolderIsListedAndNoOther() throws IOException {
        Path folder =
                Path.of(System.getProperty("espalier.root"), "actors/src/main/resources" + DashboardServer.FOLDER);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.equals("files.txt")))
                    .containsExactlyInAnyOrderElementsOf(names());
        }
    }

    @Test
    void whatAFileAsksForIsServed() {
        for (String name : names()) {
            Matcher matcher = REFERENCE.matcher(text(name));
            while (matcher.find()) {
                assertThat(names()).contains(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
            }
        }
    }

    @Test
    void nothingIsInlineAndNothingComesFromElsewhere() {
        assertThat(text("index.html"))
                .doesNotContainPattern("<script(?![^>]*src=)")
                .doesNotContain("<style", "style=", "onclick", "onload");
        for (String name : names()) {
            String text = text(name).replace("http://www.w3.org/2000/svg", "");
            assertThat(text)
                    .as(name)
                    .doesNotContain("http://", "https://", "innerHTML", "outerHTML", "insertAdjacentHTML");
            if (name.endsWith(".js")) {
                assertThat(text).as(name).doesNotContain("eval(", "document.write", ".style.", "style:");
            }
        }
    }
}
