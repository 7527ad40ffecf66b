package io.espalier.gpu.checkpoint;

import io.espalier.gpu.model.TensorSpec;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A source of parameters that says how far loading has come: each time one is asked for, the share of elements that
 * came before. The loader itself says when all are there.
 */
public final class LoadProgress implements Function<String, TensorData> {
    private final Map<String, Long> elements;
    private final Function<String, TensorData> source;
    private final DoubleConsumer listener;
    private final long total;
    private long loaded;

    private LoadProgress(
            Map<String, Long> elements, Function<String, TensorData> source, DoubleConsumer listener, long total) {
        this.elements = elements;
        this.source = source;
        this.listener = listener;
        this.total = total;
    }

    /**
     * Over a source of these parameters, each of which is asked for once.
     *
     * @param listener told a share in [0, 1), on the thread that loads
     */
    public static LoadProgress of(
            List<TensorSpec> specs, Function<String, TensorData> source, DoubleConsumer listener) {
        Map<String, Long> elements = specs.stream().collect(Collectors.toMap(TensorSpec::name, TensorSpec::elements));
        long total = elements.values().stream().reduce(0L, Math::addExact);
        return new LoadProgress(elements, source, listener, total);
    }

    @Override
    public TensorData apply(String name) {
        listener.accept((double) loaded / total);
        loaded += elements.getOrDefault(name, 0L);
        return source.apply(name);
    }
}
