package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Numbers on the command line are taken as people write them, and whole ones only where they are whole. */
@Timeout(30)
class MagnitudeTest {
    private static final class Numbers {
        @Option(names = "--steps")
        long steps;

        @Option(names = "--rows")
        int rows;

        @Option(names = "--share")
        double share;
    }

    private static Numbers parse(String option, String value) {
        Numbers numbers = new Numbers();
        CommandLine line = new CommandLine(numbers);
        Magnitude.register(line);
        line.parseArgs(option, value);
        return numbers;
    }

    @ParameterizedTest
    @CsvSource({"1000, 1000", "1e3, 1000", "6B, 6000000000", "1.5k, 1500", "7M, 7000000", "2T, 2000000000000", "-3, -3"
    })
    void wholeNumbersMayBeWrittenInManyWays(String written, long value) {
        assertThat(parse("--steps", written).steps).isEqualTo(value);
    }

    @ParameterizedTest
    @CsvSource({"1e-3, 0.001", "0.25, 0.25", ".5, 0.5", "6e9, 6e9", "7M, 7e6"})
    void realNumbersToo(String written, double value) {
        assertThat(parse("--share", written).share).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"six", "1.5", "1e-1", "99999999999999999999", "6G", "", ".", "1e999", "NaN"})
    void theRestIsRefusedWithItsRule(String written) {
        assertThat(catchThrowable(() -> parse("--steps", written)))
                .hasMessageContaining("is not a whole number (such as 1000, 1e3 or 6B)");
    }

    @ParameterizedTest
    @CsvSource({"2147483647, 2147483647", "2k, 2000"})
    void numbersThatFitAreTaken(String written, int value) {
        assertThat(parse("--rows", written).rows).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3B", "2147483648"})
    void numbersThatDoNotFitAreRefused(String written) {
        assertThat(catchThrowable(() -> parse("--rows", written))).hasMessageContaining("is not a whole number");
    }
}
