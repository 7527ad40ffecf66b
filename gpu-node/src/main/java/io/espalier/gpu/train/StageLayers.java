package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.BatchTensors;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.LoadProgress;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Documents;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.StageSplit;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.model.TensorSpec;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleConsumer;

/**
 * The layers of one stage, and how a batch comes in and goes out. Owns their weights and the device, which outlive a
 * {@link #close} for as long as an answer is open.
 */
public final class StageLayers implements AutoCloseable {
    private final Torch torch;
    private final CausalLm model;
    private final Weights weights;
    private final int from;
    private final int to;
    private final Holders holders;

    private StageLayers(Torch torch, CausalLm model, Weights weights, int from, int to) {
        this.torch = torch;
        this.model = model;
        this.weights = weights;
        this.from = from;
        this.to = to;
        this.holders = new Holders(this::free);
    }

    /**
     * Loads the parameters of one stage and no others; closes {@code torch} with itself. Where it fails, that stays open.
     *
     * @param stage from 0
     * @param progress told the share that is loaded, in [0, 1)
     */
    public static StageLayers open(Torch torch, Path directory, int stage, int stages, DoubleConsumer progress) {
        try (ModelDirectory stored = ModelDirectory.open(directory)) {
            ModelConfig config = stored.config();
            StageSplit split = StageSplit.of(config, stages);
            List<TensorSpec> specs = config.trunk(split.from(stage), split.to(stage));
            Weights weights = stored.load(() ->
                    Weights.frozen(torch, specs, LoadProgress.of(specs, stored::tensor, progress), torch.compute()));
            return new StageLayers(torch, new CausalLm(torch, config), weights, split.from(stage), split.to(stage));
        }
    }

    /**
     * The input of a stage: the stream before the first layer, [B, S, C] in f32, the documents of its rows, and the parts that
     * came after them.
     */
    public record Entered(long sequence, NDArray stream, Documents documents, List<SignalPart> rest) {
        long tokens() {
            return stream.getShape().get(0) * stream.getShape().get(1);
        }
    }

    /** Brings a batch to the device, into {@code scope}. */
    public Entered enter(Scope scope, StageInput input) {
        return switch (input) {
            case StageInput.Ids(TokenBatch batch) -> {
                requireFirst(from == 0, "batch " + batch.sequence(), "ids");
                NDArray ids = BatchTensors.inputs(scope, batch, model.config().vocabSize());
                yield new Entered(batch.sequence(), model.embed(scope, ids, weights), batch.documents(), List.of());
            }
            case StageInput.Residual(long sequence, List<SignalPart> parts) -> {
                String where = "batch " + sequence;
                requireFirst(from > 0 && !parts.isEmpty(), where, "a residual stream");
                NDArray stream = load(scope, where, parts.getFirst());
                yield entered(where, sequence, stream, parts.subList(1, parts.size()));
            }
            case StageInput.Collect _ -> throw WholeTeacher.notCalibrating();
        };
    }

    private static Entered entered(String where, long sequence, NDArray stream, List<SignalPart> parts) {
        int rows = (int) stream.getShape().get(0);
        int positions = (int) stream.getShape().get(1);
        return DocumentsPart.isFirst(parts)
                ? new Entered(
                        sequence,
                        stream,
                        DocumentsPart.read(where, parts.getFirst(), rows, positions),
                        parts.subList(1, parts.size()))
                : new Entered(sequence, stream, Documents.whole(rows, positions), parts);
    }

    private void requireFirst(boolean fits, String where, String what) {
        if (!fits) {
            throw Refused.invalid(where, "input", what, "must be what the stage of layers " + layers() + " takes");
        }
    }

    private String layers() {
        return from + " to " + (to - 1);
    }

    private NDArray load(Scope scope, String where, SignalPart part) {
        long[] shape = part.shape();
        if (shape.length != 3 || shape[2] != model.config().hiddenSize()) {
            throw Refused.invalid(
                    where,
                    "residual stream",
                    Arrays.toString(shape),
                    "must be rows of positions of " + model.config().hiddenSize());
        }
        part.require(where, new PartName.State(inputOf(from)), TensorType.F32, shape);
        return torch.load(scope.manager(), part.type(), shape, part.bytes(), Dtype.F32);
    }

    private static Taps.Place inputOf(int layer) {
        return new Taps.Place(Taps.Site.LAYER_INPUT, layer);
    }

    /** The stream after the last layer, [B, S, C] in f32; of the last stage the final hidden states. */
    public NDArray run(Scope scope, Entered entered, Taps taps) {
        NDArray after = model.run(scope, entered.stream(), entered.documents(), weights, from, to, taps);
        return last() ? model.finalNorm(scope, after, weights, taps) : after;
    }

    /** The first parts of what the next stage takes: the stream, and the documents of rows that are divided. */
    public List<SignalPart> residual(Scope scope, NDArray stream, Documents documents) {
        List<SignalPart> parts = new ArrayList<>();
        parts.add(SignalPart.state(
                inputOf(to),
                TensorType.F32,
                stream.getShape().getShape(),
                List.of(torch.hostBytes(scope.manager(), stream, Dtype.F32))));
        parts.addAll(DocumentsPart.of(documents));
        return parts;
    }

    /** An answer whose parts lie in {@code scope}, or in the input. */
    public TeacherSignal answer(long sequence, Scope scope, List<SignalPart> parts) {
        holders.hold();
        return new ReceivedSignal(sequence, parts, () -> {
            scope.close();
            holders.letGo();
        });
    }

    public Torch torch() {
        return torch;
    }

    public ModelConfig config() {
        return model.config();
    }

    /** First layer. */
    public int from() {
        return from;
    }

    /** One past the last. */
    public int to() {
        return to;
    }

    public boolean last() {
        return to == model.config().numHiddenLayers();
    }

    /** Names of the parameters that are in memory. */
    Set<String> loaded() {
        return weights.names();
    }

    private void free() {
        weights.close();
        torch.close();
    }

    @Override
    public void close() {
        holders.close();
    }
}
