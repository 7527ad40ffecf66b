package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.TestJvm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A limit of open files with which nothing comes up is told as that, whatever would have failed first. */
@Tag("full")
@Timeout(120)
class OpenFilesTest {
    private static String run(int limit) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("/bin/sh", "-c", "ulimit -n " + limit + "; \"$@\"; echo exit $?", "sh"));
        command.addAll(TestJvm.command(Main.class.getName(), "-Xmx128m"));
        command.add("--help");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }

    @Test
    void tooLowALimitIsRefusedInOneLine() throws Exception {
        for (int limit : new int[] {145, 151}) {
            assertThat(run(limit))
                    .contains("the limit of open files is [" + limit + "]: must be 152 or more (ulimit -n)", "exit 78")
                    .hasLineCount(2);
        }
        assertThat(run(200)).contains("exit 0");
    }
}
