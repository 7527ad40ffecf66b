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
        if (!(CommandPrograms.command(line, arguments) instanceof DistillCommand command)) {
            throw new IllegalStateException("distill is no command of distillation");
        }
        TeacherRankOptions ranks = command.ranks();
        if (!ranks.remote()) {
            throw Refused.invalid(recipe, "teacher-ranks", ranks.teachers, "must be at least 1 for a job of a cluster");
        }
        String name = recipe.getFileName().toString();
        String id = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
        if (!id.matches(JobSpec.ID)) {
            throw Refused.invalid(recipe, "name", id, "must match " + JobSpec.ID + ": the job is named so");
        }
        return ranks.job(id, arguments).from(UUID.randomUUID().toString());
    }
}
