package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A frozen model on this thread's device. Owns its weights and the device, which outlive a {@link #close} for as long as
 * a signal is open: a teacher that is restarted must not take from a student what it already gave.
 */
public final class LocalTeacher implements Teacher {
    private final Torch torch;
    private final CausalLm model;
    private final Weights weights;
    /** The teacher itself and its open signals. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private boolean closed;

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
            NDArray head = weights.get(model.headName());
            NDArray kept = scope.keep(rounded);
            holders.incrementAndGet();
            return new HiddenSignal(batch.sequence(), signal, kept, head, bytes, this::release);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    /** Called by the thread that closes a signal, too. */
    private void release() {
        if (holders.decrementAndGet() == 0) {
            weights.close();
            torch.close();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            release();
        }
    }
}
