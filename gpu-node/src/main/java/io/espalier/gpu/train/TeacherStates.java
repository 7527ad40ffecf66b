package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.Map;

/**
 * Makes a teacher's states those of a signal: rounds them to the compute type where the teacher ends, so that it says the
 * same whether it is local, remote, cached or in stages, and narrows them to the channels that a feature loss compares.
 */
final class TeacherStates implements AutoCloseable {
    private final Torch torch;
    private final SignalLayout layout;
    private final NDManager kept;
    /** The channels that a feature loss compares; null for all. */
    private final NDArray channels;

    TeacherStates(Torch torch, ModelConfig config, FeatureLoss features) {
        this.torch = torch;
        this.layout = SignalLayout.of(config, features, torch.compute());
        this.kept = torch.longLived();
        long[] indices =
                features.channels().stream().mapToLong(Integer::longValue).toArray();
        this.channels = indices.length == 0 ? null : kept.create(indices);
    }

    SignalLayout layout() {
        return layout;
    }

    /** Keeps what a feature loss compares in the scope around {@code scope}. */
    Taps keeping(Scope scope, Map<Taps.Place, NDArray> states) {
        return (site, layer, value) -> {
            Taps.Place place = new Taps.Place(site, layer);
            if (layout.taps(place)) {
                states.put(place, scope.keep(narrowed(scope, rounded(scope, value))));
            }
        };
    }

    /** [B, S, C] as [B·S, C] in the compute type. */
    NDArray rounded(Scope scope, NDArray state) {
        return scope.run("to", scope.flatten(state), torch.compute()).head();
    }

    private NDArray narrowed(Scope scope, NDArray rounded) {
        return channels == null
                ? rounded
                : scope.run("channels", rounded, channels).head();
    }

    @Override
    public void close() {
        kept.close();
    }
}
