package io.espalier.actors.cli;

import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine;

/** A recipe of distillation as a job of a cluster, named as its file is. */
final class RecipeJob {
    private static final String SUFFIX = ".conf";

    private RecipeJob() {}

    static JobSpec of(Path recipe) {
        CommandLine line = Main.commandLine();
        List<String> arguments = Recipe.expand(line, List.of("distill", "--recipe", recipe.toString()));
        DescribesJob command = DescribesJob.of(line, arguments);
        if (command.teachers() == 0) {
            throw Refused.invalid(recipe, "teacher-ranks", 0, "must be at least 1 for a job of a cluster");
        }
        String name = recipe.getFileName().toString();
        String id = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        if (!id.matches(JobSpec.ID)) {
            throw Refused.invalid(recipe, "name", id, "must match " + JobSpec.ID + ": the job is named so");
        }
        return command.job()
                .spec(id, Path.of("").toAbsolutePath(), command.teachers(), command.stages())
                .from(UUID.randomUUID().toString());
    }
}
