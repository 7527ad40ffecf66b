package io.espalier.actors.pruning;

import io.espalier.actors.job.Awaited;
import io.espalier.actors.job.BatchReader;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.teacher.PoolPort;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.prune.ActivationStatistics;
import io.espalier.gpu.prune.Calibration;
import io.espalier.gpu.prune.CollectedSums;
import io.espalier.gpu.prune.DepthCriterion;
import io.espalier.gpu.prune.LeaveOneOut;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.ScoresFile;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.TeacherSignal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Calibration of a stored model on the first rows of a text. */
public final class CalibrationRun {
    private CalibrationRun() {}

    /**
     * Measures the model in one pass over the text; for {@link DepthCriterion#LEAVE_ONE_OUT} in as many more as it has
     * layers.
     *
     * @param onRows called with the rows seen so far
     */
    public static ScoresFile run(
            ModelDirectory directory,
            CalibrationText calibration,
            DepthCriterion depth,
            ComputeSettings compute,
            LongConsumer onRows) {
        try (Torch torch = compute.open();
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, torch.compute());
                Calibration sums = new Calibration(
                        torch, new CausalLm(torch, directory.config()), weights, depth == DepthCriterion.CONTIGUOUS)) {
            LeaveOneOut without = depth != DepthCriterion.LEAVE_ONE_OUT
                    ? null
                    : new LeaveOneOut(
                            torch,
                            new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights),
                            compute.head());
            MessageDigest data = Sha256.start();
            rows(directory, calibration, batch -> {
                data.update(batch.sha256().getBytes(StandardCharsets.US_ASCII));
                sums.add(batch);
                if (without != null) {
                    without.add(batch);
                }
                onRows.accept(sums.rows());
            });
            ActivationStatistics statistics = without == null ? sums.statistics() : without.addTo(sums.statistics());
            return new ScoresFile(about(directory, calibration, Sha256.hex(data), statistics), statistics);
        }
    }

    /**
     * Measures a model in stages, on ranks elsewhere: every batch goes through all of them, one after another, then
     * their sums are collected. The result is bit by bit that of {@link #run}, also where stages have counted some of
     * the text before.
     *
     * @param onBatch called with each batch that is counted
     * @throws Refused to be tried again, from the first batch, where a stage has lost its sums
     */
    public static ScoresFile staged(
            ModelDirectory directory, CalibrationText calibration, PoolPort stages, Consumer<TokenBatch> onBatch) {
        MessageDigest data = Sha256.start();
        long[] rows = new long[1];
        rows(directory, calibration, batch -> {
            data.update(batch.sha256().getBytes(StandardCharsets.US_ASCII));
            Awaited.of(stages.forward(batch)).close();
            rows[0] += batch.rows();
            onBatch.accept(batch);
        });
        ActivationStatistics statistics = joined(directory.config(), stages, rows[0]);
        return new ScoresFile(about(directory, calibration, Sha256.hex(data), statistics), statistics);
    }

    private static ActivationStatistics joined(ModelConfig config, PoolPort stages, long rows) {
        ActivationStatistics statistics;
        try (TeacherSignal sums = Awaited.of(stages.sums())) {
            statistics = CollectedSums.join(config, sums.parts());
        } catch (Refused e) {
            // A stage that was started anew since its last batch has counted none.
            throw new Refused(Refused.Reason.TRY_AGAIN, "the stages have not counted the same: " + e.getMessage(), e);
        }
        if (statistics.rows() != rows) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN,
                    "the stages have counted " + statistics.rows() + " rows: must be the " + rows + " of the text");
        }
        return statistics;
    }

    /** Exactly the rows asked for, in batches. */
    static void rows(ModelDirectory directory, CalibrationText calibration, Consumer<TokenBatch> consumer) {
        long[] left = {calibration.samples()};
        BatchReader.training(directory.path(), calibration.text(), calibration.samples(), batch -> {
            consumer.accept(batch.rows() <= left[0] ? batch : batch.first((int) left[0]));
            left[0] -= batch.rows();
        });
    }

    private static ScoresFile.About about(
            ModelDirectory directory, CalibrationText calibration, String data, ActivationStatistics s) {
        return new ScoresFile.About(
                directory.digest(),
                PruningPlan.Shape.of(directory.config()),
                data,
                calibration.text().seqLength(),
                s.rows(),
                s.tokens(),
                s.blocks(),
                s.targets());
    }
}
