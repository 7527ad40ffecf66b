package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleConsumer;

/**
 * A stage that passes on the residual stream, unrounded, and what a feature loss compares in it; the last gives the same
 * signal, bit by bit, as the teacher in one piece. The teacher's head is in no stage.
 */
public final class TeachingStage implements TeacherStage {
    private final StageLayers layers;
    private final TeacherStates states;

    private TeachingStage(StageLayers layers, FeatureLoss features) {
        this.layers = layers;
        this.states = new TeacherStates(layers.torch(), layers.config(), features);
    }

    /**
     * Loads one stage of a stored model; closes {@code torch} with itself. Where it fails, that stays open.
     *
     * @param features what the signal holds besides the final states; the same at every stage
     * @param stage from 0
     * @param progress told the share that is loaded, in [0, 1)
     */
    public static TeachingStage open(
            Torch torch, Path model, FeatureLoss features, int stage, int stages, DoubleConsumer progress) {
        return new TeachingStage(StageLayers.open(torch, model, stage, stages, progress), features);
    }

    @Override
    public TeacherSignal forward(StageInput input) {
        Scope signal = layers.torch().inference();
        try (Scope scope = signal.child()) {
            StageLayers.Entered entered = layers.enter(scope, input);
            SignalLayout layout = states.layout();
            layout.check(
                    "batch " + entered.sequence(), entered.tokens(), layout.tapped(0, layers.from()), entered.rest());
            Map<Taps.Place, NDArray> tapped = new HashMap<>();
            NDArray after = layers.run(scope, entered, states.keeping(scope, tapped));
            List<SignalPart> parts = new ArrayList<>();
            if (layers.last()) {
                NDArray rounded = scope.keep(states.rounded(scope, after));
                parts.add(layout.part(layers.torch(), signal.manager(), layout.last(), rounded));
            } else {
                parts.addAll(layers.residual(signal, scope.keep(after), entered.documents()));
            }
            parts.addAll(entered.rest());
            parts.addAll(layout.parts(layers.torch(), signal.manager(), tappedHere(layout), tapped));
            return layers.answer(entered.sequence(), signal, parts);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    private List<SignalLayout.Entry> tappedHere(SignalLayout layout) {
        // The last norm goes by the number after the last layer.
        return layout.tapped(layers.from(), layers.last() ? layers.to() + 1 : layers.to());
    }

    /** Names of the parameters that are in memory. */
    Set<String> loaded() {
        return layers.loaded();
    }

    @Override
    public void close() {
        // Open answers need the device, and no longer which channels are kept.
        states.close();
        layers.close();
    }
}
