package io.espalier.gpu.checkpoint;

import io.espalier.gpu.Contained;
import io.espalier.gpu.Notices;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * A Hugging Face model directory, opened for reading by the rules of transformers: every parameter that config.json
 * implies is there with its shape. Tensors beyond those are left alone, whatever their type.
 */
public final class ModelDirectory implements AutoCloseable {
    private static final String HEAD = "lm_head.weight";
    private static final String EMBEDDING = "model.embed_tokens.weight";
    /** The beginning of a tensor's name that the checkpoint of a model without a head leaves out. */
    private static final String PREFIX = "model.";

    private final Path path;
    private final WeightFiles files;
    private final ModelConfig config;

    private ModelDirectory(Path path, ModelConfig stated, WeightFiles files) {
        this.path = path;
        this.files = files;
        this.config = stated.tieWordEmbeddings() && headDiffers() ? stated.withTiedHead(false) : stated;
    }

    /** Maps all weight files; refuses what is missing, misshapen or not a float. */
    public static ModelDirectory open(Path path) {
        if (!Files.isDirectory(path)) {
            throw Refused.notFound(path, "must be a directory with config.json and model.safetensors");
        }
        ModelConfig stated = ModelConfig.read(path);
        WeightFiles files = WeightFiles.open(
                path, stated.json().path("transformers_weights").asText(""));
        try {
            ModelDirectory directory = new ModelDirectory(path, stated, files);
            directory.config.tensors().forEach(directory::check);
            return directory;
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /** config.json says that the head is the embedding, yet the files hold a head with other values. */
    private boolean headDiffers() {
        if (!files.has(HEAD) || stored(EMBEDDING).equals(HEAD)) {
            return false;
        }
        TensorData head = tensor(HEAD);
        TensorData embedding = tensor(EMBEDDING);
        boolean differs = head.type() == embedding.type()
                ? head.bytes().mismatch(embedding.bytes()) >= 0
                : !Arrays.equals(FloatFormat.floats(head), FloatFormat.floats(embedding));
        if (differs) {
            Notices.tell(path + ": config.json says tie_word_embeddings, but " + HEAD
                    + " differs from the embedding: both are used, untied, as transformers and llama.cpp do");
        }
        return differs;
    }

    /** The name under which a tensor is stored; of two that are tied either may stand for both. */
    private String stored(String name) {
        if (files.has(name)) {
            return name;
        }
        if (name.startsWith(PREFIX) && files.has(name.substring(PREFIX.length()))) {
            return name.substring(PREFIX.length());
        }
        // A language model inside one that sees, as transformers 5 and 4 call it.
        for (String nested :
                List.of(name.replaceFirst("^model\\.", "model.language_model."), "language_model." + name)) {
            if (files.has(nested)) {
                return nested;
            }
        }
        return name.equals(EMBEDDING) && files.has(HEAD) ? HEAD : name;
    }

    private void check(TensorSpec spec) {
        boolean untied = spec.name().equals(EMBEDDING) && !config.tieWordEmbeddings();
        if (!files.has(stored(spec.name())) || (untied && stored(spec.name()).equals(HEAD))) {
            throw Refused.invalid(
                    path, "tensor " + spec.name(), "absent", "must be there by config.json" + instead(spec));
        }
        TensorData tensor = tensor(spec.name());
        if (!tensor.type().isWeight()) {
            throw Refused.invalid(
                    path,
                    "tensor " + spec.name() + ".dtype",
                    tensor.type(),
                    "must be BF16, F16 or F32: quantised checkpoints are not read");
        }
        if (!Arrays.equals(tensor.shape(), spec.shape())) {
            throw Refused.invalid(
                    path,
                    "tensor " + spec.name() + ".shape",
                    Arrays.toString(tensor.shape()),
                    "must be " + Arrays.toString(spec.shape()) + " by config.json");
        }
    }

    /**
     * The end of the message about an absent weight, which tells of a quantised checkpoint: quantising tools store
     * other tensors under the name of the weight's module. Empty where there are none.
     */
    private String instead(TensorSpec spec) {
        String module = spec.name().substring(0, spec.name().lastIndexOf('.') + 1);
        return files.names().stream()
                .filter(name -> name.startsWith(module) && !name.endsWith(".bias"))
                .findFirst()
                .map(name -> ": the checkpoint is quantised (it has " + name + "), which is not read")
                .orElse("");
    }

    public Path path() {
        return path;
    }

    public ModelConfig config() {
        return config;
    }

    /** A parameter's bytes, valid until this directory is closed. */
    public TensorData tensor(String name) {
        String stored = stored(name);
        if (!files.has(stored)) {
            throw Refused.invalid(path, "tensor " + name, "absent", "must be there");
        }
        TensorData tensor = files.tensor(stored);
        return stored.equals(name) ? tensor : new TensorData(name, tensor.type(), tensor.shape(), tensor.bytes());
    }

    /** Tensor bytes on disk of the parameters that the configuration names. */
    public long bytes() {
        return config.tensors().stream()
                .mapToLong(spec -> tensor(spec.name()).bytes().byteSize())
                .sum();
    }

    /** Names of the stored types, such as {@code BF16} or {@code BF16+F32}. */
    public String types() {
        TreeSet<String> types = new TreeSet<>();
        config.tensors().forEach(spec -> types.add(tensor(spec.name()).type().name()));
        return String.join("+", types);
    }

    /**
     * SHA-256 of the parameters, in hexadecimal: of name, type, shape and SHA-256 of the bytes of each in the
     * configuration's order. Shards do not matter, and neither do other files.
     */
    public String digest() {
        List<String> parts = config.tensors().parallelStream()
                .map(spec -> {
                    TensorData tensor = tensor(spec.name());
                    MessageDigest digest = Sha256.start();
                    Sha256.update(digest, tensor.bytes());
                    return spec.name() + " " + tensor.type() + " " + Arrays.toString(spec.shape()) + " "
                            + Sha256.hex(digest);
                })
                .toList();
        return Sha256.of(String.join("\n", parts).getBytes(StandardCharsets.UTF_8));
    }

    /** The {@link #digest} of a directory that is not open; reads all of it. */
    public static String digestOf(Path path) {
        try (ModelDirectory directory = open(path)) {
            return directory.digest();
        }
    }

    /**
     * Returns the object that {@code load} makes of the weights, if their files stay as they are meanwhile.
     *
     * @throws Refused where a file is cut off or written over while it is read: the object is closed
     */
    public <T extends AutoCloseable> T load(Supplier<T> load) {
        T loaded = Contained.call(path, load);
        try {
            requireUnchanged();
            return loaded;
        } catch (Refused e) {
            try {
                loaded.close();
            } catch (Exception more) {
                e.addSuppressed(more);
            }
            throw e;
        }
    }

    /** Refuses weights whose files have changed since they were opened: what was read may be of two kinds. */
    public void requireUnchanged() {
        files.requireUnchanged();
    }

    @Override
    public void close() {
        files.close();
    }
}
