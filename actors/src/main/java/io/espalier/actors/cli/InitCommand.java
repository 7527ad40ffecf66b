package io.espalier.actors.cli;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.disk.AtomicFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "init",
        description = "Writes a recipe of a command to begin with: each option with its meaning and its default.",
        footer = {
            "",
            "Examples:",
            "  espalier init my.conf",
            "  espalier init cut.conf --command prune",
            "  espalier distill --recipe my.conf"
        })
final class InitCommand implements Callable<Integer> {
    @Parameters(paramLabel = "RECIPE", description = "File to write, which must not exist.")
    private Path recipe;

    @Option(names = "--command", paramLabel = "COMMAND", description = "Command that the recipe is for.")
    private String command;

    @Override
    public Integer call() {
        CommandLine line = Main.commandLine();
        List<String> commands = UsageError.commands(line).stream()
                .filter(name -> RecipeTemplate.takesRecipe(spec(line, name)))
                .toList();
        if (!commands.contains(command)) {
            throw Refused.usage("--command", command, "must be one of " + String.join(", ", commands));
        }
        StagedDirectory.requireFree(recipe);
        AtomicFile.write(recipe, RecipeTemplate.of(spec(line, command), recipe));
        System.out.println("written to " + recipe + "; edit it, then: espalier " + command + " --recipe " + recipe);
        return 0;
    }

    private static CommandSpec spec(CommandLine line, String name) {
        return line.getSubcommands().get(name).getCommandSpec();
    }
}
