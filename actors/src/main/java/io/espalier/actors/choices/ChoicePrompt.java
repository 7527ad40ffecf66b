package io.espalier.actors.choices;

import io.espalier.gpu.Refused;
import io.espalier.streams.batch.Beginning;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * MMLU's prompt, as the harness of EleutherAI writes it: a line on the subject, then solved examples, then the question,
 * its lettered choices and "Answer:".
 */
public final class ChoicePrompt {
    private final int shots;
    private final Map<String, List<Question>> examples;
    private final Beginning beginning;

    /**
     * @param shots solved examples before each question
     * @param examples where they are taken from: the first of the question's own subject, without the question itself
     * @param beginning what prompts begin with
     */
    public ChoicePrompt(int shots, List<Question> examples, Beginning beginning) {
        if (shots < 0) {
            throw Refused.usage("--shots", shots, "must not be negative");
        }
        this.shots = shots;
        this.beginning = beginning;
        this.examples = examples.stream().collect(Collectors.groupingBy(Question::subject));
    }

    Beginning beginning() {
        return beginning;
    }

    /** The text that the letter of the answer is to follow. */
    String context(Question question) {
        StringBuilder text = new StringBuilder();
        if (!question.subject().isEmpty()) {
            text.append("The following are multiple choice questions (with answers) about ")
                    .append(question.subject().replace('_', ' '))
                    .append(".\n\n");
        }
        for (Question example : shots(question)) {
            text.append(asked(example)).append(answer(example.answer())).append("\n\n");
        }
        return text.append(asked(question)).toString();
    }

    /** The text that answers with a choice. */
    static String answer(int choice) {
        return " " + Question.letter(choice);
    }

    private List<Question> shots(Question question) {
        List<Question> found = new ArrayList<>(examples.getOrDefault(question.subject(), List.of()));
        found.remove(question);
        if (found.size() < shots) {
            throw Refused.invalid(
                    "--examples",
                    "questions about " + question.subject(),
                    found.size(),
                    "must be at least the " + shots + " of --shots");
        }
        return found.subList(0, shots);
    }

    private static String asked(Question question) {
        StringBuilder text = new StringBuilder(question.question().strip());
        for (int i = 0; i < question.choices().size(); i++) {
            text.append('\n')
                    .append(Question.letter(i))
                    .append(". ")
                    .append(question.choices().get(i));
        }
        return text.append("\nAnswer:").toString();
    }
}
