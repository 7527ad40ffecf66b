package io.espalier.actors.tasks;

import io.espalier.gpu.Refused;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Generator;
import io.espalier.gpu.eval.Sampling;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.Beginning;
import io.espalier.streams.batch.StopIds;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.tasks.TaskPart;
import io.espalier.streams.tasks.WrittenAnswer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Lets a model write answers, the likeliest token at a time, until it begins another question or its text ends. */
record Writer(
        Torch torch, Evaluator.Loaded loaded, Tokenizer tokenizer, StopIds stop, Beginning beginning, int maxTokens) {
    /** The longest answer, as lm-eval has it where a task does not say. */
    private static final int LONGEST = 256;

    /** Texts at which an answer ends, in the order in which they are looked for. */
    private static final List<String> ENDS = List.of("Question:", "</s>", "<|im_end|>");

    Writer {
        if (maxTokens <= LONGEST) {
            throw Refused.invalid(
                    "config.json",
                    "max_position_embeddings",
                    maxTokens,
                    "must be over " + LONGEST + ", the tokens of a written answer");
        }
    }

    Answered answer(TaskPart.Asked question) {
        int[] prompt = tokenizer.encode(question.contexts().getFirst(), beginning);
        int room = maxTokens - LONGEST;
        boolean truncated = prompt.length > room;
        int[] kept = truncated ? Arrays.copyOfRange(prompt, prompt.length - room, prompt.length) : prompt;
        String text = write(kept);
        String solution = question.answers().getFirst();
        List<Boolean> verdicts = Arrays.stream(WrittenAnswer.values())
                .map(rule -> rule.isRight(text, solution))
                .toList();
        return new Answered(question.where(), 0, List.of(), text, verdicts, truncated);
    }

    private String write(int[] prompt) {
        List<Integer> written = new ArrayList<>();
        try (Generator generator = new Generator(torch, loaded, 1, prompt.length + LONGEST)) {
            generator.write(
                    prompt,
                    LONGEST,
                    Sampling.GREEDY,
                    RandomGenerator.getDefault(),
                    id -> stop.contains(id) || hasEnd(text(written)),
                    written::add);
        }
        String text = text(written);
        for (String end : ENDS) {
            int at = text.indexOf(end);
            text = at < 0 ? text : text.substring(0, at);
        }
        return text;
    }

    private static boolean hasEnd(String text) {
        return ENDS.stream().anyMatch(text::contains);
    }

    private String text(List<Integer> ids) {
        return ids.isEmpty()
                ? ""
                : tokenizer.decodeText(ids.stream().mapToInt(Integer::intValue).toArray());
    }
}
