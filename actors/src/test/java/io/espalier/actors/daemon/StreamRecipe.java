package io.espalier.actors.daemon;

import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A recipe of continual learning from a stream that does not end, at a pace that leaves the machine time for others.
 *
 * @param id of the job that is submitted with it
 * @param out the run's directory
 */
record StreamRecipe(String id, Path file, Path out) {
    static StreamRecipe write(Path directory, TinyWorld world) throws IOException {
        String id = "stream";
        Path out = directory.resolve("out-" + id);
        Path file = Files.writeString(directory.resolve(id + ".conf"), """
                teacher = "%s"
                student = "%s"
                validation = ["%s"]
                out = "%s"
                batch = 4
                seq-length = 32
                threads = 1
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
                """.formatted(
                        world.teacher(),
                        world.student(),
                        world.heldOut(),
                        out,
                        world.text().getFirst(),
                        world.text().getLast()));
        return new StreamRecipe(id, file, out);
    }

    /** Submits the job and waits until it learns. */
    void submit(DaemonProcess daemon) throws InterruptedException {
        daemon.ask("job", "submit", file.toString(), "--command", "continual");
        daemon.awaitJob(
                id,
                job -> job.path("state").asText().equals("running")
                        && job.path("step").asLong() > 10);
    }
}
