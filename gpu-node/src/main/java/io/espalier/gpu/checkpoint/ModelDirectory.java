package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gpu.Refused;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A Hugging Face model directory, opened for reading: every parameter that config.json implies is there with its shape.
 * Tensors beyond those are left alone.
 */
public final class ModelDirectory implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SINGLE = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    private final Path path;
    private final ModelConfig config;
    private final Map<Path, SafetensorsFile> files = new LinkedHashMap<>();
    private final Map<String, SafetensorsFile> homes = new HashMap<>();

    private ModelDirectory(Path path, ModelConfig config) {
        this.path = path;
        this.config = config;
    }

    /** Maps all weight files; refuses what is missing, misshapen or not a float. */
    public static ModelDirectory open(Path path) {
        if (!Files.isDirectory(path)) {
            throw Refused.notFound(path, "must be a directory with config.json and model.safetensors");
        }
        ModelDirectory directory = new ModelDirectory(path, ModelConfig.read(path));
        try {
            directory.findTensors();
            directory.config.tensors().forEach(directory::check);
            return directory;
        } catch (RuntimeException e) {
            directory.close();
            throw e;
        }
    }

    private void findTensors() {
        Path index = path.resolve(INDEX);
        Path single = path.resolve(SINGLE);
        if (Files.exists(index)) {
            JsonNode map = readIndex(index).path("weight_map");
            map.properties().forEach(entry -> {
                Path shard = path.resolve(entry.getValue().asText());
                if (!shard.toAbsolutePath()
                        .normalize()
                        .startsWith(path.toAbsolutePath().normalize())) {
                    throw Refused.invalid(index, entry.getKey(), entry.getValue(), "must be a file of this directory");
                }
                homes.put(entry.getKey(), files.computeIfAbsent(shard, SafetensorsFile::open));
            });
        } else if (Files.exists(single)) {
            SafetensorsFile file = SafetensorsFile.open(single);
            files.put(single, file);
            file.names().forEach(name -> homes.put(name, file));
        } else {
            throw Refused.notFound(path, "must hold " + SINGLE + " or " + INDEX);
        }
    }

    private static JsonNode readIndex(Path index) {
        try {
            JsonNode json = JSON.readTree(index.toFile());
            if (!json.path("weight_map").isObject()) {
                throw Refused.invalid(index, "weight_map", json.get("weight_map"), "must be an object");
            }
            return json;
        } catch (JsonProcessingException e) {
            throw Refused.invalid(index, "content", e.getOriginalMessage(), "must be JSON");
        } catch (IOException e) {
            throw new UncheckedIOException(index.toString(), e);
        }
    }

    private void check(TensorSpec spec) {
        if (!homes.containsKey(spec.name())) {
            throw Refused.invalid(path, "tensor " + spec.name(), "absent", "must be there by config.json");
        }
        TensorData tensor = tensor(spec.name());
        if (!Arrays.equals(tensor.shape(), spec.shape())) {
            throw Refused.invalid(
                    path,
                    "tensor " + spec.name() + ".shape",
                    Arrays.toString(tensor.shape()),
                    "must be " + Arrays.toString(spec.shape()) + " by config.json");
        }
        if (!tensor.type().isWeight()) {
            throw Refused.invalid(path, "tensor " + spec.name() + ".dtype", tensor.type(), "must be BF16, F16 or F32");
        }
    }

    public Path path() {
        return path;
    }

    public ModelConfig config() {
        return config;
    }

    /** A parameter's bytes, valid until this directory is closed. */
    public TensorData tensor(String name) {
        SafetensorsFile home = homes.get(name);
        if (home == null) {
            throw Refused.invalid(path, "tensor " + name, "absent", "must be there");
        }
        return home.tensor(name);
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

    /** The same of a directory that is not open; reads all of it. */
    public static String digestOf(Path path) {
        try (ModelDirectory directory = open(path)) {
            return directory.digest();
        }
    }

    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }
}
