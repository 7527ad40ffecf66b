package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.function.Function;

/** A frozen model on this thread's device. Owns its weights and, when told so, the device. */
public final class LocalTeacher implements Teacher {
    private final Torch torch;
    private final CausalLm model;
    private final Weights weights;

    /** Loads the weights in the compute type; closes {@code torch} with itself. */
    public LocalTeacher(Torch torch, ModelConfig config, Function<String, TensorData> source) {
        this.torch = torch;
        this.model = new CausalLm(torch, config);
        this.weights = Weights.frozen(torch, config, source, torch.compute());
    }

    @Override
    public TeacherSignal forward(TokenBatch batch) {
        model.config().checkSequence(batch.seqLength());
        Scope signal = torch.inference();
        try (Scope scope = signal.child()) {
            NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
            NDArray hidden = model.hidden(scope, ids, weights, Taps.NONE);
            // Rounded here, so that a teacher says the same whether it is local, remote or cached.
            NDArray rounded =
                    scope.run("to", scope.flatten(hidden), torch.compute()).head();
            long bytes = rounded.getShape().size() * torch.compute().bytes();
            return new HiddenSignal(
                    batch.sequence(), signal, scope.keep(rounded), weights.get(model.headName()), bytes);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    @Override
    public void close() {
        weights.close();
        torch.close();
    }
}
