package io.espalier.gpu.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Notices;
import io.espalier.gpu.Refused;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The safetensors files of a model directory by the rules of transformers 5.18: one file comes before an index, an index
 * tells which files there are, and the files tell which tensors they hold.
 */
final class WeightFiles implements AutoCloseable {
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";

    private final Path directory;
    private final Map<Path, SafetensorsFile> files = new LinkedHashMap<>();
    private final Map<String, SafetensorsFile> homes = new LinkedHashMap<>();

    private WeightFiles(Path directory) {
        this.directory = directory;
    }

    /** @param named what config.json gives as {@code transformers_weights}, a file or an index; empty where it is silent */
    @SuppressWarnings("MustBeClosedChecker") // the directory that asks for it owns and closes it
    static WeightFiles open(Path directory, String named) {
        WeightFiles files = new WeightFiles(directory);
        try {
            files.find(named);
            return files;
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    private void find(String named) {
        Path index = directory.resolve(INDEX);
        Path single = directory.resolve(SINGLE);
        if (!named.isEmpty()) {
            Path chosen = inside(directory.resolve("config.json"), "transformers_weights", named);
            if (named.endsWith(".index.json")) {
                openShards(chosen);
            } else {
                openFile(chosen);
            }
        } else if (Files.exists(single)) {
            if (Files.exists(index)) {
                Notices.tell(index + " is passed over: " + SINGLE
                        + " lies beside it and comes first, as for transformers; llama.cpp's converter goes by"
                        + " the index");
            }
            openFile(single);
        } else if (Files.exists(index)) {
            openShards(index);
        } else {
            throw Refused.notFound(directory, "must hold " + SINGLE + " or " + INDEX + instead());
        }
    }

    /** The end of the message about absent files, which names weights of another form. Empty where there are none. */
    private String instead() {
        for (String other : Set.of("pytorch_model.bin", "pytorch_model.bin.index.json")) {
            if (Files.exists(directory.resolve(other))) {
                return ": " + other + " is not read, convert it first";
            }
        }
        return "";
    }

    private void openShards(Path index) {
        JsonNode map = LaxJson.read(index).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw Refused.invalid(index, "weight_map", map.isMissingNode() ? "absent" : map, "must name files");
        }
        TreeSet<String> names = new TreeSet<>();
        map.properties().forEach(entry -> {
            JsonNode name = entry.getValue();
            if (!name.isTextual()) {
                throw Refused.invalid(index, "weight_map." + entry.getKey(), name, "must be the name of a file");
            }
            names.add(name.asText());
        });
        for (String name : names) {
            Path shard = inside(index, "weight_map", name);
            if (!Files.isRegularFile(shard)) {
                throw Refused.notFound(shard, "must be there: " + index + " names it");
            }
            openFile(shard);
        }
    }

    private Path inside(Path where, String field, String name) {
        try {
            Path path = directory.resolve(name);
            if (path.toAbsolutePath()
                    .normalize()
                    .startsWith(directory.toAbsolutePath().normalize())) {
                return path;
            }
        } catch (InvalidPathException e) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    where + ": " + field + " is " + name + ": must be the name of a file",
                    e);
        }
        throw Refused.invalid(where, field, name, "must be a file of this directory");
    }

    /** A tensor that several files hold is taken from the last. */
    private void openFile(Path path) {
        SafetensorsFile file = SafetensorsFile.open(path);
        files.put(path, file);
        for (String name : file.names()) {
            SafetensorsFile other = homes.put(name, file);
            if (other != null) {
                Notices.tell(directory + ": tensor " + name + " is in several files: that of " + path.getFileName()
                        + " is taken, as transformers does");
            }
        }
    }

    /** Names of all tensors, those of unknown types too. */
    Set<String> names() {
        return homes.keySet();
    }

    boolean has(String name) {
        return homes.containsKey(name);
    }

    TensorData tensor(String name) {
        return homes.get(name).tensor(name);
    }

    /** Refuses files that have changed since they were opened. */
    void requireUnchanged() {
        files.values().forEach(SafetensorsFile::requireUnchanged);
    }

    @Override
    public void close() {
        files.values().forEach(SafetensorsFile::close);
    }
}
