package io.espalier.actors.program;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.CommitAuthority;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.CoordinatorProtocol.Outcome;
import io.espalier.actors.protocol.JobOrder;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.pruning.CalibrationRun;
import io.espalier.actors.pruning.CalibrationText;
import io.espalier.actors.teacher.PoolCounts;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.prune.ScoresFile;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rank that calibrates a model whose stages are other ranks: it reads the text, asks about one batch after another, and
 * writes the scores. Started anew it begins the text anew, which stages that have counted some of it let pass.
 */
public final class CalibrationSession implements StudentRun {
    private static final Logger LOG = LoggerFactory.getLogger(CalibrationSession.class);
    private static final long TELL_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path model;
    private final CalibrationText calibration;
    private final Path scores;
    private final RunPlace place;
    private final Consumer<JobProgress> onProgress;
    private volatile boolean drained;
    private volatile boolean parked;
    /** The rows that were counted since the text was begun. */
    private long rows;

    private long tokensUntold;
    private long toldAtNanos;

    public CalibrationSession(
            Path model, CalibrationText calibration, Path scores, RunPlace place, Consumer<JobProgress> onProgress) {
        this.model = model;
        this.calibration = calibration;
        this.scores = scores;
        this.place = place;
        this.onProgress = onProgress;
    }

    @Override
    public Outcome run() {
        try (place;
                ModelDirectory directory = ModelDirectory.open(model)) {
            CommitAuthority.require(place.commits().begin(0), scores);
            toldAtNanos = System.nanoTime();
            ScoresFile measured = CalibrationRun.staged(directory, calibration, place.teacher(), this::counted);
            CommitAuthority.require(
                    place.commits().commit(rows, measured.about().data()), scores);
            measured.write(scores);
            return new Outcome.Completed(rows, false);
        } catch (CancellationException e) {
            // A later session begins the text anew, so there is nothing to keep.
            return parked ? new Outcome.Parked(0) : new Outcome.Completed(rows, true);
        } catch (Exception e) {
            return FailedRun.outcome(e);
        }
    }

    private void counted(TokenBatch batch) {
        if (drained || parked) {
            throw new CancellationException(parked ? "parked" : "drained");
        }
        rows += batch.rows();
        tokensUntold += (long) batch.rows() * batch.seqLength();
        long now = System.nanoTime();
        if (rows == calibration.samples() || now - toldAtNanos >= TELL_EVERY_NANOS) {
            double seconds = (double) (now - toldAtNanos) / TELL_EVERY_NANOS;
            PoolCounts counts = place.teachers().counts();
            onProgress.accept(new JobProgress(
                    rows,
                    calibration.samples(),
                    Double.NaN,
                    tokensUntold / seconds,
                    counts.answered(),
                    counts.askedAgain()));
            tokensUntold = 0;
            toldAtNanos = now;
        }
    }

    @Override
    public void drain() {
        drained = true;
    }

    @Override
    public void park() {
        parked = true;
    }

    @Override
    public void order(JobOrder order) {
        LOG.error("refused {}: only a continual job takes orders", order);
    }
}
