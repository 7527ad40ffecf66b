package io.espalier.gpu.prune;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.ModelDirectoryWriter;
import io.espalier.gpu.checkpoint.SafetensorsFile;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.TensorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** Surgery: from one model directory to another, tensor by tensor, with memory for a piece of one and no device. */
public final class Pruner {
    /** The name of the file that says which model a directory came from. */
    public static final String PLAN_FILE = "plan.json";

    private Pruner() {}

    /**
     * Writes the pruned model, with the plan and what it needs beside it.
     *
     * @param refit the file of refitted weights that the plan names, or null where it names none
     * @param target must not exist
     * @param extras called with the directory before it is committed, to put more into it
     * @return the pruned configuration
     */
    public static ModelConfig prune(
            ModelDirectory model,
            PruningPlan plan,
            Path refit,
            Path target,
            long maxShardBytes,
            Consumer<Path> extras) {
        checkRefit(plan, refit);
        try (SafetensorsFile refitted = refit == null ? null : SafetensorsFile.open(refit);
                PrunedModel pruned = new PrunedModel(model, plan, refitted);
                ModelDirectoryWriter writer = ModelDirectoryWriter.create(
                        target, pruned.config(), spec -> pruned.type(spec.name()), model.path(), maxShardBytes)) {
            // The original is hashed by another thread while this one cuts: both read the same mapped bytes.
            CompletableFuture<String> digest = CompletableFuture.supplyAsync(model::digest);
            try {
                for (TensorSpec spec : pruned.config().tensors()) {
                    writer.begin(spec.name());
                    pruned.pieces(spec.name(), writer::write);
                }
            } finally {
                // The other thread is waited for, whatever happened here: nobody may close the mapping under it.
                digest.exceptionally(e -> "").join();
            }
            writer.addFile(PLAN_FILE, plan.withDigest(checked(digest, plan)).toJson());
            if (refit != null) {
                copy(refit, writer.staging().resolve(Compensation.REFIT_FILE));
            }
            extras.accept(writer.staging());
            writer.commit();
            return pruned.config();
        }
    }

    /** The model's digest; refuses a plan that names another. */
    private static String checked(CompletableFuture<String> digest, PruningPlan plan) {
        try {
            if (!plan.digest().isEmpty() && !digest.join().equals(plan.digest())) {
                throw Refused.invalid(
                        PLAN_FILE,
                        "digest",
                        plan.digest(),
                        "must be that of the model's weights, " + digest.join() + ": the plan is for another model");
            }
            return digest.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static void checkRefit(PruningPlan plan, Path refit) {
        String expected = plan.compensation().refit();
        if (expected.isEmpty() != (refit == null)) {
            throw Refused.invalid(PLAN_FILE, "compensation.refit", expected, "must name the file of refitted weights");
        }
        if (refit != null) {
            if (!Files.isRegularFile(refit)) {
                throw Refused.notFound(refit, "the plan needs this file of refitted weights beside it");
            }
            String actual = Sha256.ofFile(refit);
            if (!actual.equals(expected)) {
                throw Refused.invalid(refit, "SHA-256", actual, "must be the plan's " + expected);
            }
        }
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(to.toString(), e);
        }
    }
}
