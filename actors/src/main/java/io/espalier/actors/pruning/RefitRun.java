package io.espalier.actors.pruning;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.SafetensorsWriter;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.prune.PrunedModel;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.Refit;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/** The pass, or passes, that refit the projections of a plan, into a file beside it. */
final class RefitRun {
    private final ModelDirectory directory;
    private final CalibrationText calibration;
    private final ComputeSettings compute;
    private final RefitSettings settings;

    RefitRun(ModelDirectory directory, CalibrationText calibration, ComputeSettings compute, RefitSettings settings) {
        this.directory = directory;
        this.calibration = calibration;
        this.compute = compute;
        this.settings = settings;
    }

    /** Whether a plan cuts inputs of projections at all. */
    static boolean applies(PruningPlan plan, ModelConfig model) {
        return Refit.bytesPerLayer(plan, model) > 0;
    }

    /** Rows that {@link #write} reads: the calibration's, once for each group of layers that fits in memory. */
    long rows(PruningPlan plan) {
        return calibration.samples() * Math.ceilDiv(plan.layers().size(), layersAtOnce(plan));
    }

    private int layersAtOnce(PruningPlan plan) {
        long fit = settings.memoryBytes() / Refit.bytesPerLayer(plan, directory.config());
        return Math.clamp(fit, 1, plan.layers().size());
    }

    /** Writes the refitted weights; gives the plan that names them. */
    PruningPlan write(PruningPlan plan, Path file, LongConsumer onRows) {
        long[] rows = new long[1];
        try (Torch torch = compute.open();
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, torch.compute());
                PrunedModel pruned = new PrunedModel(directory, plan, null)) {
            List<SafetensorsWriter.Entry> entries = Refit.entries(pruned, plan, directory.config());
            try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries, Map.of())) {
                int atOnce = layersAtOnce(plan);
                for (int first = 0; first < plan.layers().size(); first += atOnce) {
                    int end = Math.min(first + atOnce, plan.layers().size());
                    List<Integer> group = IntStream.range(first, end).boxed().toList();
                    CausalLm model = new CausalLm(torch, directory.config());
                    try (Refit refit = new Refit(torch, model, weights, plan, group)) {
                        CalibrationRun.rows(directory, calibration, batch -> {
                            refit.add(batch);
                            rows[0] += batch.rows();
                            onRows.accept(rows[0]);
                        });
                        entries.stream()
                                .filter(entry -> refit.covers(pruned, entry.name()))
                                .forEach(entry ->
                                        writer.write(refit.solve(directory, pruned, entry.name(), settings.ridge())));
                    }
                }
                return plan.with(plan.compensation().withRefit(writer.finish()));
            }
        }
    }
}
