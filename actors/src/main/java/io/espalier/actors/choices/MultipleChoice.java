package io.espalier.actors.choices;

import io.espalier.gpu.eval.Continuations;
import io.espalier.streams.batch.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** Asks a model questions and takes the answer that it finds likeliest. */
public final class MultipleChoice {
    private final Tokenizer tokenizer;
    private final ChoicePrompt prompt;
    private final int maxTokens;

    /** @param maxTokens positions of the model; of a longer prompt the end is kept */
    public MultipleChoice(Tokenizer tokenizer, ChoicePrompt prompt, int maxTokens) {
        this.tokenizer = tokenizer;
        this.prompt = prompt;
        this.maxTokens = maxTokens;
    }

    /** Accuracy by subject. */
    public SortedMap<String, Accuracy> ask(List<Question> questions, Continuations model, LongConsumer onAsked) {
        SortedMap<String, Accuracy> bySubject = new TreeMap<>();
        long asked = 0;
        for (Question question : questions) {
            bySubject.merge(question.subject(), ask(question, model), Accuracy::plus);
            onAsked.accept(++asked);
        }
        return bySubject;
    }

    private Accuracy ask(Question question, Continuations model) {
        String context = prompt.context(question);
        int[] contextIds = tokenizer.encode(context, prompt.beginning());
        List<int[]> answers = new ArrayList<>();
        int longest = 0;
        for (int i = 0; i < question.choices().size(); i++) {
            // Encoded together, as the text would be: a tokenizer may merge over the border.
            int[] whole = tokenizer.encode(context + ChoicePrompt.answer(i), prompt.beginning());
            answers.add(Arrays.copyOfRange(whole, Math.min(contextIds.length, whole.length - 1), whole.length));
            longest = Math.max(longest, answers.getLast().length);
        }
        int room = maxTokens + 1 - longest;
        boolean truncated = contextIds.length > room;
        int[] fitting =
                truncated ? Arrays.copyOfRange(contextIds, contextIds.length - room, contextIds.length) : contextIds;
        double[] likelihoods = model.logLikelihoods(fitting, answers);
        int best = 0;
        for (int i = 1; i < likelihoods.length; i++) {
            best = likelihoods[i] > likelihoods[best] ? i : best;
        }
        return new Accuracy(best == question.answer() ? 1 : 0, 1, truncated ? 1 : 0);
    }

    /** All subjects together. */
    public static Accuracy total(SortedMap<String, Accuracy> bySubject) {
        return bySubject.values().stream().reduce(Accuracy.NONE, Accuracy::plus);
    }
}
