package io.espalier.actors.cli;

import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        description = "Prints what lets a shell complete commands, options and paths.",
        footer = {
            "",
            "Examples:",
            "  espalier completion bash > ~/.local/share/bash-completion/completions/espalier",
            "  espalier completion zsh > ~/.espalier.zsh && echo 'source ~/.espalier.zsh' >> ~/.zshrc",
            "  espalier completion fish > ~/.config/fish/completions/espalier.fish"
        })
final class CompletionCommand implements Callable<Integer> {
    private static final Pattern CONSTANT = Pattern.compile("(?<=[( ]\")[A-Z][A-Z_]+(?=\")");

    /** Shells that complete. */
    enum Shell {
        BASH,
        ZSH,
        FISH
    }

    @Parameters(paramLabel = "SHELL", description = "Shell that completes: bash, zsh or fish.")
    private Shell shell;

    @Override
    public Integer call() {
        System.out.print(
                switch (shell) {
                    // The script tells the two apart by itself. It lists constants as Java writes them.
                    case BASH, ZSH ->
                        CONSTANT.matcher(AutoComplete.bash("espalier", Main.commandLine()))
                                .replaceAll(constant -> EnumNames.of(constant.group()));
                    case FISH -> FishCompletion.of(Main.commandLine());
                });
        return 0;
    }
}
