package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Writes a Hugging Face model directory: tensors in the configuration's order, split into shards by size, beside
 * config.json and the companions of the model it came from. Appears as a whole on {@link #commit}.
 */
public final class ModelDirectoryWriter implements AutoCloseable {
    private static final ObjectWriter JSON = LaxJson.mapper().writerWithDefaultPrettyPrinter();
    /** The files that belong to a model besides weights and config.json. */
    private static final List<String> COMPANIONS = List.of(
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "merges.txt",
            "chat_template.jinja",
            "tokenizer.model");

    /** Beginnings of the names of files that say on what terms a model may be used. */
    private static final List<String> TERMS = List.of("LICENSE", "LICENCE", "NOTICE", "USE_POLICY");

    /** The folder in which transformers 5 keeps templates that have a name. */
    private static final Path TEMPLATES = Path.of("additional_chat_templates");

    /** The file against which {@code sha256sum -c} checks the weights. */
    public static final String CHECKSUMS = "SHA256SUMS";

    private final StagedDirectory directory;
    private final ModelConfig config;
    private final List<List<SafetensorsWriter.Entry>> shards;
    private int shard = -1;
    private int next;
    private long missingBytes;
    private SafetensorsWriter writer;
    /** Lines of {@code sha256sum} for the weight files. */
    private final StringBuilder checksums = new StringBuilder();

    private ModelDirectoryWriter(
            StagedDirectory directory, ModelConfig config, List<List<SafetensorsWriter.Entry>> shards) {
        this.directory = directory;
        this.config = config;
        this.shards = shards;
    }

    /**
     * Starts a model directory.
     *
     * @param types the stored type of each parameter
     * @param companions directory to copy tokenizer and generation settings from, or null
     * @param maxShardBytes tensor bytes of one file, as far as single tensors allow
     */
    public static ModelDirectoryWriter create(
            Path target,
            ModelConfig config,
            Function<TensorSpec, TensorType> types,
            Path companions,
            long maxShardBytes) {
        List<List<SafetensorsWriter.Entry>> shards = new ArrayList<>();
        long filled = Long.MAX_VALUE;
        long total = 0;
        for (TensorSpec spec : config.tensors()) {
            TensorType type = types.apply(spec);
            long bytes = Math.multiplyExact(spec.elements(), type.bytes());
            if (filled > maxShardBytes - bytes) {
                shards.add(new ArrayList<>());
                filled = 0;
            }
            shards.getLast().add(new SafetensorsWriter.Entry(spec.name(), type, spec.shape(), bytes));
            filled += bytes;
            total += bytes;
        }
        StagedDirectory directory = StagedDirectory.create(target, total);
        ModelDirectoryWriter writer = new ModelDirectoryWriter(directory, config, shards);
        try {
            if (companions != null) {
                writer.copyCompanions(companions);
            }
            return writer;
        } catch (RuntimeException e) {
            writer.close();
            throw e;
        }
    }

    private void copyCompanions(Path from) {
        if (!Files.isDirectory(from)) {
            return;
        }
        try (Stream<Path> files = Files.walk(from, 2)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path name = from.relativize(file);
                if (isCompanion(name)) {
                    Path copy = directory.path().resolve(name);
                    Files.createDirectories(copy.getParent());
                    Files.copy(file, copy);
                }
            }
        } catch (IOException e) {
            throw DiskFault.failure(from, e);
        }
    }

    /** Whether a file is copied along: a companion, terms of use, or a template that has a name. */
    private static boolean isCompanion(Path name) {
        String file = name.getFileName().toString();
        return name.getNameCount() == 1
                ? COMPANIONS.contains(file) || TERMS.stream().anyMatch(file::startsWith)
                : name.getParent().equals(TEMPLATES) && file.endsWith(".jinja");
    }

    /** Announces the next parameter, whose bytes follow by {@link #write}; the order is the configuration's. */
    public void begin(String name) {
        requireComplete();
        if (shard < 0 || next == shards.get(shard).size()) {
            nextShard();
        }
        SafetensorsWriter.Entry expected = shards.get(shard).get(next++);
        if (!expected.name().equals(name)) {
            throw new IllegalStateException("parameter " + name + " where " + expected.name() + " is due");
        }
        missingBytes = expected.bytes();
    }

    /** The next bytes of the parameter begun last. */
    public void write(MemorySegment bytes) {
        writer.write(bytes);
        missingBytes -= bytes.byteSize();
    }

    private void requireComplete() {
        if (missingBytes != 0) {
            throw new IllegalStateException("the parameter begun last lacks " + missingBytes + " bytes");
        }
    }

    private void nextShard() {
        if (writer != null) {
            finishShard();
        }
        shard++;
        next = 0;
        writer = SafetensorsWriter.create(directory.path().resolve(fileName(shard)), shards.get(shard));
    }

    private void finishShard() {
        checksums.append(writer.finish()).append("  ").append(fileName(shard)).append('\n');
    }

    private String fileName(int i) {
        return shards.size() == 1
                ? "model.safetensors"
                : String.format("model-%05d-of-%05d.safetensors", i + 1, shards.size());
    }

    /** The folder into which further files can be put before the directory is committed. */
    public Path staging() {
        return directory.path();
    }

    /** Adds a further file to the directory before it is committed. */
    public void addFile(String name, String content) {
        try {
            Files.writeString(directory.path().resolve(name), content);
        } catch (IOException e) {
            throw DiskFault.failure(directory.path().resolve(name), e);
        }
    }

    /** Completes the directory; every parameter must have been written. */
    public void commit() {
        requireComplete();
        if (shard != shards.size() - 1 || next != shards.getLast().size()) {
            throw new IllegalStateException("parameters are missing");
        }
        finishShard();
        addFile(CHECKSUMS, checksums.toString());
        try {
            addFile("config.json", JSON.writeValueAsString(config.json()) + "\n");
            if (shards.size() > 1) {
                addFile("model.safetensors.index.json", JSON.writeValueAsString(index()) + "\n");
            }
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
        directory.commit();
    }

    private ObjectNode index() {
        ObjectNode index = LaxJson.mapper().createObjectNode();
        long total = 0;
        ObjectNode map = index.objectNode();
        for (int i = 0; i < shards.size(); i++) {
            for (SafetensorsWriter.Entry entry : shards.get(i)) {
                map.put(entry.name(), fileName(i));
                total += entry.bytes();
            }
        }
        index.putObject("metadata").put("total_size", total);
        index.set("weight_map", map);
        return index;
    }

    @Override
    public void close() {
        try {
            if (writer != null) {
                writer.close();
            }
        } finally {
            directory.close();
        }
    }
}
