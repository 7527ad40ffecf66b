package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The contents of a run's directories: its checkpoints and its versions, oldest first. */
final class Listing {
    /** The name of a checkpoint that is in use, or that was set aside. */
    private static final String CHECKPOINT = "([a-z]+-\\d+-)?step-\\d{1,18}";

    private static final long LARGEST_LINEAGE = 1 << 20;

    private Listing() {}

    /** Whole checkpoints, and those that were set aside. */
    static List<ObjectNode> checkpoints(Path run) {
        List<ObjectNode> found = new ArrayList<>();
        for (Path directory : directories(run.resolve("checkpoints"), name -> name.matches(CHECKPOINT))) {
            String name = directory.getFileName().toString();
            Path manifest = directory.resolve("manifest.json");
            if (!Files.isRegularFile(manifest)) {
                continue;
            }
            ObjectNode entry = AnswerJson.object();
            entry.put("name", name);
            entry.put("step", Long.parseLong(name.replaceFirst(".*step-", "")));
            entry.put("state", name.startsWith("step-") ? "whole" : name.replaceFirst("-.*", ""));
            entry.put("bytes", bytes(directory));
            entry.put("time", time(manifest));
            ObjectNode origin = read(manifest);
            if (origin != null) {
                entry.put("epoch", origin.path("origin").path("epoch").asLong());
            }
            found.add(entry);
        }
        return found;
    }

    /** Model directories with their lineage, which is written last, and which of them is published. */
    static List<ObjectNode> versions(Path run) {
        List<ObjectNode> found = new ArrayList<>();
        String published = published(run);
        for (Path directory : directories(run.resolve("versions"), name -> name.matches("v\\d+"))) {
            ObjectNode lineage = read(directory.resolve("espalier-lineage.json"));
            if (lineage == null) {
                continue;
            }
            String name = directory.getFileName().toString();
            ObjectNode entry = AnswerJson.object();
            entry.put("version", name).put("published", name.equals(published));
            entry.put("bytes", bytes(directory)).put("time", time(directory));
            entry.set("lineage", lineage);
            found.add(entry);
        }
        return found;
    }

    /** Name of the published version; empty where there is none. */
    static String published(Path run) {
        try {
            Path link = run.resolve("published");
            return Files.isSymbolicLink(link)
                    ? Files.readSymbolicLink(link).getFileName().toString()
                    : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static List<Path> directories(Path parent, Predicate<String> wanted) {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(path -> Files.isDirectory(path)
                            && wanted.test(path.getFileName().toString()))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    private static long bytes(Path directory) {
        long bytes = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
            }
        } catch (IOException e) {
            // It is being removed this moment.
            return 0;
        }
        return bytes;
    }

    private static String time(Path path) {
        try {
            return Files.getLastModifiedTime(path).toInstant().toString();
        } catch (IOException e) {
            return Instant.EPOCH.toString();
        }
    }

    /** Null where there is none, or none that is whole. */
    static ObjectNode read(Path file) {
        try {
            return Files.isRegularFile(file) && Files.size(file) <= LARGEST_LINEAGE
                    ? AnswerJson.parse(Files.readString(file))
                    : null;
        } catch (IOException e) {
            return null;
        }
    }
}
