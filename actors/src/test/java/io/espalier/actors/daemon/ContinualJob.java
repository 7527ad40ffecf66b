package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.actors.report.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A job of continual learning in a small world, and what its run leaves, read as one who trusts nobody.
 *
 * @param recipe that it is submitted with
 * @param out the run's directory
 */
record ContinualJob(String id, Path recipe, Path out) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Writes the recipe.
     *
     * @param settings beside the models, the held-out text and where the run is
     */
    static ContinualJob write(Path directory, String id, TinyWorld world, String settings) throws IOException {
        Path out = directory.resolve("out-" + id);
        Path recipe = Files.writeString(
                directory.resolve(id + ".conf"),
                """
                teacher = "%s"
                student = "%s"
                validation = ["%s"]
                out = "%s"
                threads = 1
                """.formatted(world.teacher(), world.student(), world.heldOut(), out) + settings);
        return new ContinualJob(id, recipe, out);
    }

    /** One that learns from a stream that does not end, at a pace that leaves the machine time for others. */
    static ContinualJob ofStream(Path directory, TinyWorld world) throws IOException {
        String settings = """
                batch = 4
                seq-length = 32
                learning-rate = 3e-3
                warmup = 5
                log-every = 5
                checkpoint-every = 40
                validate-every = 20
                validate-samples = 24
                live {
                  sources.tales {
                    kind = generated
                    domains = [{ name = tales, files = ["%s"] }]
                    records-per-second = 20
                  }
                  replay { share = 0.1, anchors = ["%s"] }
                }
                """.formatted(world.text().getFirst(), world.text().getLast());
        return write(directory, "stream", world, settings);
    }

    void submit(DaemonProcess daemon) {
        daemon.ask("job", "submit", recipe.toString(), "--command", "continual");
    }

    void awaitLearning(DaemonProcess daemon) throws InterruptedException {
        daemon.awaitJob(
                id,
                job -> job.path("state").asText().equals("running")
                        && job.path("step").asLong() > 10);
    }

    /** What the run tells of itself, one object; none before it does. */
    List<JsonNode> status() {
        return JsonLines.read(out.resolve("live.json"));
    }

    /** Records that have been taken in, those among them that came twice. */
    long taken() {
        return status().stream()
                .flatMap(now -> now.path("sources").valueStream())
                .flatMap(source -> source.path("partitions").valueStream())
                .mapToLong(partition -> partition.path("next").asLong())
                .sum();
    }

    /** Where each partition of the only source ends, of which the ledger has every record from the first on, once. */
    SortedMap<Integer, Long> committed(String source) throws IOException {
        Path ledger = out.resolve("ledger.jsonl");
        SortedMap<Integer, Long> next = new TreeMap<>();
        for (String line : Files.exists(ledger) ? Files.readAllLines(ledger) : List.<String>of()) {
            for (JsonNode range : JSON.readTree(line).path("ranges")) {
                int partition = range.path("partition").asInt();
                assertThat(range.path("source").asText()).isEqualTo(source);
                assertThat(range.path("from").asLong()).as(line).isEqualTo(next.getOrDefault(partition, 0L));
                next.put(partition, range.path("to").asLong());
            }
        }
        return next;
    }

    /** All of those records. */
    long committedRecords(String source) throws IOException {
        return committed(source).values().stream().mapToLong(Long::longValue).sum();
    }
}
