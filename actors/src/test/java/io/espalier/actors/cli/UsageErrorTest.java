package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command line that cannot be understood is answered with its fault and with the nearest name that exists. */
@Timeout(60)
class UsageErrorTest {
    private static String said(String... arguments) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            assertThat(Main.run(arguments)).isEqualTo(2);
        } finally {
            System.setErr(before);
        }
        return said.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({
        "inspect --modle X, 'no option --modle; did you mean --model?', 'espalier inspect --help'",
        "distill --teecher X, 'no option --teecher; did you mean --teacher?', 'espalier distill --help'",
        "prun, 'no command prun; did you mean prune?', 'espalier --help'",
        "job stauts x, 'no command stauts; did you mean status?', 'espalier job --help'",
        "version, 'no command version; did you mean --version?', 'espalier --help'",
        "inspect --nothing-like-it, 'no option --nothing-like-it', 'espalier inspect --help'",
    })
    void theNearestNameIsTold(String line, String message, String help) {
        assertThat(said(line.split(" "))).contains(message).contains("Try '" + help + "'");
    }

    @Test
    void anOptionThatIsMissingIsStillTold() {
        assertThat(said("inspect")).contains("--model");
    }

    @Test
    void namesThatAreFarAreNotSuggested() {
        assertThat(UsageError.nearest("--out", List.of("--json", "--model"))).isEmpty();
        assertThat(UsageError.nearest("--smaples", List.of("--samples", "--steps")))
                .contains("--samples");
    }
}
