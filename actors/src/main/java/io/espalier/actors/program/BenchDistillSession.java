package io.espalier.actors.program;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.bench.DistillBenchmark;
import io.espalier.actors.bench.MeasuredRun;
import io.espalier.actors.bench.Speed;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.CommitAuthority;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rank that learns from a teacher elsewhere, and measures how fast: what it has found it writes to a file. Started anew it
 * measures anew.
 */
public final class BenchDistillSession implements StudentRun {
    private static final Logger LOG = LoggerFactory.getLogger(BenchDistillSession.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final int steps;
    private final RunPlace place;
    private final Path found;
    private final Consumer<JobProgress> onProgress;
    private final MeasuredRun run;
    private volatile boolean parked;

    /**
     * Starts nothing yet.
     *
     * @param found the file
     */
    public BenchDistillSession(
            DistillBenchmark benchmark, RunPlace place, Path found, Consumer<JobProgress> onProgress) {
        this.steps = benchmark.allSteps();
        this.place = place;
        this.found = found;
        this.onProgress = onProgress;
        this.run = benchmark.taughtFromAfar(place);
    }

    @Override
    public Outcome run() {
        try (run) {
            CommitAuthority.require(place.commits().begin(0), found);
            ProgressTeller teller = new ProgressTeller(steps, place.teachers(), () -> 0, onProgress);
            Optional<Speed> speed = run.measure(teller::accept);
            if (speed.isEmpty()) {
                return parked ? new Outcome.Parked(0) : new Outcome.Completed(0, true);
            }
            byte[] json = JSON.writeValueAsBytes(speed.get());
            CommitAuthority.require(place.commits().commit(steps, Sha256.of(json)), found);
            Files.write(found, json);
            return new Outcome.Completed(steps, false);
        } catch (Exception e) {
            return FailedRun.outcome(e);
        }
    }

    /** Reads the measurement that such a session has left. */
    static Speed read(Path found) throws IOException {
        return JSON.readValue(found.toFile(), Speed.class);
    }

    /** Half a measurement is none: nothing is saved. */
    @Override
    public void drain() {
        run.stop();
    }

    @Override
    public void park() {
        parked = true;
        run.stop();
    }

    @Override
    public void order(JobOrder order) {
        LOG.error("refused {}: only a continual job takes orders", order);
    }
}
