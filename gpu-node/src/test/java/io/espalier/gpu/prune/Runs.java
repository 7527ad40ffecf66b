package io.espalier.gpu.prune;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.FloatFormat;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.List;

/** The steps that tests of pruning take with stored models, on the CPU in f32. */
final class Runs {
    private Runs() {}

    static ActivationStatistics calibrate(Path model, List<TokenBatch> batches) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = Torch.open("cpu", Dtype.F32, 1);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                Calibration calibration =
                        new Calibration(torch, new CausalLm(torch, directory.config()), weights, true)) {
            batches.forEach(calibration::add);
            return calibration.statistics();
        }
    }

    static Importance importance(Path model, List<TokenBatch> batches) {
        return Importance.of(calibrate(model, batches), ModelConfig.read(model), ImportanceSettings.REFERENCE);
    }

    static float[] logits(Path model, TokenBatch batch) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = Torch.open("cpu", Dtype.F32, 1);
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, Dtype.F32);
                Scope scope = torch.inference()) {
            CausalLm lm = new CausalLm(torch, directory.config());
            long[] ids = new long[batch.ids().length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = batch.ids()[i];
            }
            return scope.linear(
                            lm.hidden(scope, scope.ids(ids, batch.rows()), weights, Taps.NONE),
                            weights.get(lm.headName()))
                    .toFloatArray();
        }
    }

    static Path prune(Path model, PruningPlan plan, Path target) {
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            Pruner.prune(directory, plan, null, target, Long.MAX_VALUE, _ -> {});
            return target;
        }
    }

    static float[] floats(Path model, String tensor) {
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            return FloatFormat.floats(directory.tensor(tensor));
        }
    }

    static String digest(Path model) {
        try (ModelDirectory directory = ModelDirectory.open(model)) {
            return directory.digest();
        }
    }
}
