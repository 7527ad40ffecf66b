package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a run's ledger as one who trusts nobody. */
final class CountedRecords {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private CountedRecords() {}

    /** Records that the newest checkpoint has of the only source, all from the first on, none twice and none left out. */
    static long of(Path run, String source) throws IOException {
        Path ledger = run.resolve("ledger.jsonl");
        if (!Files.exists(ledger)) {
            return 0;
        }
        long next = 0;
        for (String line : Files.readAllLines(ledger)) {
            for (JsonNode range : JSON.readTree(line).path("ranges")) {
                assertThat(range.path("source").asText()).isEqualTo(source);
                assertThat(range.path("from").asLong()).as(line).isEqualTo(next);
                next = range.path("to").asLong();
            }
        }
        return next;
    }
}
