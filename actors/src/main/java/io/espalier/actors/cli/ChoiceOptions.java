package io.espalier.actors.cli;

import io.espalier.actors.choices.ChoicePrompt;
import io.espalier.actors.choices.Question;
import io.espalier.actors.choices.QuestionFile;
import io.espalier.gpu.Refused;
import io.espalier.streams.batch.Beginning;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Questions to answer. */
@Command(optionListHeading = "Multiple choice")
final class ChoiceOptions {
    @Option(
            names = "--choices",
            paramLabel = "FILE",
            description =
                    "Multiple-choice questions: JSON lines of question, choices, answer (index or letter), subject.")
    private Path choices;

    @Option(
            names = "--shots",
            description = "Solved examples before each question (default: none, and 5 for gsm8k as lm-eval has it).")
    Integer shots;

    @Option(
            names = "--examples",
            paramLabel = "FILE",
            description = "File of the solved examples of --shots, by subject.")
    private Path examples;

    @Option(
            names = "--bos",
            paramLabel = "HOW",
            description = "Whether a prompt begins with what the tokenizer puts first, as lm-eval has it: tokenizer or"
                    + " never.")
    Beginning beginning;

    boolean named() {
        return choices != null;
    }

    List<Question> questions() {
        return named() ? QuestionFile.read(choices) : List.of();
    }

    ChoicePrompt prompt() {
        int solved = shots == null ? 0 : shots;
        if (named() && solved > 0 && examples == null) {
            throw Refused.usage("--shots", solved, "needs --examples FILE");
        }
        return new ChoicePrompt(
                named() ? solved : 0, examples == null ? List.of() : QuestionFile.read(examples), beginning);
    }
}
