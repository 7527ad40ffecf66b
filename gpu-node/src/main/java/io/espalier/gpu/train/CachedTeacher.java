package io.espalier.gpu.train;

import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.cache.StateCache;
import io.espalier.gpu.cache.StateKey;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.torch.Torch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A teacher that is asked about a batch once: what it says is read from a cache from then on, bit by bit the same. Its
 * layers are loaded when a batch is first missing, its head with the first signal. Owns the device and the model directory.
 */
public final class CachedTeacher implements Teacher {
    private final ModelDirectory directory;
    private final LocalTeacher teacher;
    private final StateCache cache;
    /** The text that the keys of all batches begin with. */
    private final String common;

    private CachedTeacher(Torch torch, ModelDirectory directory, FeatureLoss features, StateCache cache) {
        this.directory = directory;
        this.cache = cache;
        this.teacher = LocalTeacher.onDemand(torch, directory.config(), directory::tensor, features);
        this.common = common(torch, directory, features, teacher.layout());
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

    private static String common(Torch torch, ModelDirectory directory, FeatureLoss features, SignalLayout layout) {
        String config = directory.config().json().toString();
        return String.join(
                "\n",
                "states: final"
                        + layout.tapped().stream()
                                .map(SignalLayout.Entry::place)
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
        long tokens = batch.tokens();
        long bytes = teacher.layout().bytes(tokens);
        Optional<HiddenSignal> stored = cache.find(
                key, bytes, payload -> teacher.restored(batch, teacher.layout().cut(payload, tokens)));
        return stored.isPresent() ? stored.get() : computed(batch, key, bytes);
    }

    private HiddenSignal computed(TokenBatch batch, StateKey key, long bytes) {
        HiddenSignal signal = teacher.forward(batch);
        try {
            cache.put(
                    key,
                    bytes,
                    pieces -> signal.parts().forEach(part -> part.bytes().forEach(pieces)));
            return signal;
        } catch (RuntimeException e) {
            signal.close();
            throw e;
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
