package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.cache.StateCache;
import io.espalier.gpu.cache.StateKey;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A teacher that is asked about a batch once: what it says is read from a cache from then on, bit by bit the same. Its
 * layers are loaded when a batch is first missing, its head with the first signal. Owns the device and the model directory.
 */
public final class CachedTeacher implements Teacher {
    private static final Comparator<Place> ORDER =
            Comparator.comparingInt(Place::layer).thenComparing(Place::site);

    private final Torch torch;
    private final ModelDirectory directory;
    private final LocalTeacher teacher;
    private final StateCache cache;
    /** What all batches' keys have in common. */
    private final String common;

    private final TensorType type;
    private final int hiddenSize;
    /** What a feature loss compares, in the order of the payload. */
    private final Map<Place, Integer> channels;

    private final List<Place> places;

    private CachedTeacher(Torch torch, ModelDirectory directory, FeatureLoss features, StateCache cache) {
        ModelConfig config = directory.config();
        this.torch = torch;
        this.directory = directory;
        this.cache = cache;
        this.places = features.pairs().stream()
                .map(FeatureLoss.Pair::teacher)
                .distinct()
                .sorted(ORDER)
                .toList();
        this.channels = places.stream()
                .collect(Collectors.toMap(place -> place, place -> features.teacherWidth(place, config)));
        this.type = TensorType.valueOf(torch.compute().name());
        this.hiddenSize = config.hiddenSize();
        this.common = common(torch, directory, features);
        this.teacher = LocalTeacher.onDemand(torch, config, directory::tensor, features);
    }

    /** Opens the model; closes {@code torch} with itself. The cache stays open, and may be shared. */
    public static CachedTeacher open(Torch torch, Path model, FeatureLoss features, StateCache cache) {
        ModelDirectory directory = ModelDirectory.open(model);
        try {
            return new CachedTeacher(torch, directory, features, cache);
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private String common(Torch torch, ModelDirectory directory, FeatureLoss features) {
        String config = directory.config().json().toString();
        return String.join(
                "\n",
                "states: final"
                        + places.stream()
                                .map(p -> " " + p.site() + "." + p.layer())
                                .collect(Collectors.joining()),
                "channels: " + (features.channels().isEmpty() ? "all" : features.channels()),
                "teacher: " + directory.digest(),
                "config: " + Sha256.of(config.getBytes(StandardCharsets.UTF_8)),
                "dtype: " + torch.compute(),
                "arithmetic: " + torch.arithmetic(),
                "");
    }

    private StateKey key(TokenBatch batch) {
        return StateKey.of(common + "rows: " + batch.rows() + "\nseq-length: " + batch.seqLength() + "\ntokens: "
                + batch.sha256() + "\n");
    }

    @Override
    public TeacherSignal forward(TokenBatch batch) {
        StateKey key = key(batch);
        long tokens = Math.multiplyExact((long) batch.rows(), batch.seqLength());
        long bytes = Math.multiplyExact(
                tokens * type.bytes(),
                hiddenSize + places.stream().mapToLong(channels::get).sum());
        Optional<HiddenSignal> stored = cache.find(key, bytes, payload -> restored(batch, tokens, payload));
        return stored.isPresent() ? stored.get() : computed(batch, key, bytes);
    }

    private HiddenSignal restored(TokenBatch batch, long tokens, MemorySegment payload) {
        TensorData last = part("final", tokens, hiddenSize, payload, 0);
        Map<Place, TensorData> states = new HashMap<>();
        long at = last.bytes().byteSize();
        for (Place place : places) {
            TensorData state = part(place.toString(), tokens, channels.get(place), payload, at);
            states.put(place, state);
            at += state.bytes().byteSize();
        }
        return teacher.restored(batch, last, states);
    }

    private TensorData part(String name, long tokens, long width, MemorySegment payload, long at) {
        MemorySegment bytes = payload.asSlice(at, tokens * width * type.bytes());
        return new TensorData(name, type, new long[] {tokens, width}, bytes);
    }

    private HiddenSignal computed(TokenBatch batch, StateKey key, long bytes) {
        HiddenSignal signal = teacher.forward(batch);
        try {
            cache.put(key, bytes, pieces -> store(signal, pieces));
            return signal;
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    private void store(HiddenSignal signal, Consumer<MemorySegment> pieces) {
        torch.store(signal.hidden(), torch.compute(), pieces);
        for (Place place : places) {
            NDArray state = signal.states().get(place);
            torch.store(state, torch.compute(), pieces);
        }
    }

    /** Names of the parameters that are in memory. */
    Set<String> loaded() {
        return teacher.loaded();
    }

    @Override
    public void close() {
        directory.close();
        teacher.close();
    }
}
