package io.espalier.actors.choices;

import io.espalier.gpu.eval.Continuations;
import io.espalier.streams.batch.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** Asks a model questions and takes the answer that it finds likeliest. */
public final class MultipleChoice {
    private final RequestEncoder encoder;
    private final ChoicePrompt prompt;

    /** @param maxTokens positions of the model; of a longer prompt the end is kept */
    public MultipleChoice(Tokenizer tokenizer, ChoicePrompt prompt, int maxTokens) {
        this.encoder = new RequestEncoder(tokenizer, prompt.beginning(), maxTokens);
        this.prompt = prompt;
    }

    /**
     * Accuracy by subject.
     *
     * @param onAsked called with the number of choices that have been scored
     */
    public SortedMap<String, Accuracy> ask(List<Question> questions, Continuations model, LongConsumer onAsked) {
        List<RequestEncoder.Encoded> encoded = new ArrayList<>();
        for (Question question : questions) {
            String context = prompt.context(question);
            for (int i = 0; i < question.choices().size(); i++) {
                encoded.add(encoder.encode("question '" + question.question() + "'", context, ChoicePrompt.answer(i)));
            }
        }
        double[] likelihoods = model.logLikelihoods(
                encoded.stream().map(RequestEncoder.Encoded::request).toList(), onAsked);
        SortedMap<String, Accuracy> bySubject = new TreeMap<>();
        int first = 0;
        for (Question question : questions) {
            int end = first + question.choices().size();
            int best = first;
            boolean truncated = false;
            for (int i = first; i < end; i++) {
                best = likelihoods[i] > likelihoods[best] ? i : best;
                truncated |= encoded.get(i).truncated();
            }
            int right = best - first == question.answer() ? 1 : 0;
            bySubject.merge(question.subject(), new Accuracy(right, 1, truncated ? 1 : 0), Accuracy::plus);
            first = end;
        }
        return bySubject;
    }

    /** All subjects together. */
    public static Accuracy total(SortedMap<String, Accuracy> bySubject) {
        return bySubject.values().stream().reduce(Accuracy.NONE, Accuracy::plus);
    }
}
