package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Frames go between two processes by every lane, and each has its figures, whatever they are. */
@Timeout(180)
class BenchTransportCommandTest {
    @Test
    void everyLaneHasFiguresOfEverySize() throws IOException {
        CommandLineRun run = CommandLineRun.of(
                Laboratory.line(),
                "transport",
                "--sizes-kib",
                "64,2048",
                "--mib",
                "16",
                "--repeats",
                "1",
                "--round-trips",
                "3",
                "--warmup",
                "8",
                "--json");
        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode json = JsonMapper.builder().build().readTree(run.out());
        assertThat(json.get("memory_copy_gb_per_s").asDouble()).isPositive();
        assertThat(json.get("frames")).hasSize(2 * 4);
        json.get("frames").forEach(frame -> {
            assertThat(frame.get("gb_per_s").asDouble()).as("%s", frame).isPositive();
            assertThat(frame.get("round_trip_p50_us").asDouble())
                    .as("%s", frame)
                    .isPositive();
        });
        assertThat(json.get("frames").findValuesAsText("lane"))
                .contains("Aeron IPC", "Aeron UDP", "TCP", "Unix socket");
    }

    @Test
    void sizesThatCannotBeAreRefused() {
        assertThat(CommandLineRun.of(Laboratory.line(), "transport", "--sizes-kib", "0")
                        .exitCode())
                .isNotZero();
    }
}
