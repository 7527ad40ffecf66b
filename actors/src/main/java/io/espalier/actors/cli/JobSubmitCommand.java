package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.settings.JsonData;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "submit",
        description =
                "Gives a recipe to a daemon, which runs it until it is stopped or done; relative paths begin here.",
        footer = {
            "",
            "Examples:",
            "  espalier job submit config/recipes/continual-demo.conf",
            "  espalier job submit config/recipes/distill-small.conf --id small --server http://127.0.0.1:7070"
        })
final class JobSubmitCommand implements Callable<Integer> {
    private static final String SUFFIX = ".conf";

    @Mixin
    private ServerOptions server;

    @Parameters(paramLabel = "RECIPE", description = "With a section continual or distill, or their options alone.")
    private Path recipe;

    @Option(names = "--id", paramLabel = "ID", description = "Name of the job (default: the recipe's name).")
    private String id;

    @Option(
            names = "--command",
            paramLabel = "continual|distill",
            description = "Command that the recipe is of (default: the one of which it has a section, or with which its"
                    + " file name begins).")
    private String command;

    @Override
    public Integer call() {
        CommandLine line = Main.commandLine();
        String verb = command == null ? guess() : command;
        if (!RecipeCompiler.COMMANDS.contains(verb)) {
            throw Refused.usage("--command", verb, "must be one of " + RecipeCompiler.COMMANDS);
        }
        Config options = Recipe.options(line, line.getSubcommands().get(verb).getCommandSpec(), recipe);
        ObjectNode submit = CommonOptions.object();
        submit.put("id", name()).put("command", verb);
        submit.set("options", JsonData.json(LiveOption.asData(options)));
        submit.put("directory", Path.of("").toAbsolutePath().toString());
        return server.show(
                client -> client.operate("POST", "/v1/jobs", Optional.of(submit), server.patience()),
                AnswerText::operation);
    }

    private String guess() {
        Config options = Recipe.parse(recipe);
        boolean continual = options.hasPath(RecipeCompiler.CONTINUAL)
                || options.hasPath(RecipeCompiler.LIVE)
                || recipe.getFileName().toString().startsWith(RecipeCompiler.CONTINUAL);
        return continual ? RecipeCompiler.CONTINUAL : "distill";
    }

    private String name() {
        String file = recipe.getFileName().toString();
        String name =
                id != null ? id : file.endsWith(SUFFIX) ? file.substring(0, file.length() - SUFFIX.length()) : file;
        if (!name.matches(JobSpec.ID)) {
            throw Refused.usage("--id", name, "must match " + JobSpec.ID);
        }
        return name;
    }
}
