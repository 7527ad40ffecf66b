package io.espalier.actors.job;

import io.espalier.actors.choices.Accuracy;
import io.espalier.actors.choices.ChoicePrompt;
import io.espalier.actors.choices.MultipleChoice;
import io.espalier.actors.choices.Question;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.eval.Continuations;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.batch.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;

/** Scores a stored model on text, alone or against its teacher. */
public final class ModelScorer {
    private ModelScorer() {}

    /**
     * Scores of all full rows of the text.
     *
     * @param teacher null for the model alone
     * @param onTokens called with the tokens scored so far
     */
    public static Scores score(
            Path model, Path teacher, BatchSettings text, ComputeSettings compute, LongConsumer onTokens) {
        if (teacher != null) {
            SharedVocabulary.size(model, teacher);
        }
        AtomicReference<Scores> total = new AtomicReference<>(Scores.NONE);
        try (ModelDirectory directory = ModelDirectory.open(model);
                ModelDirectory reference = teacher == null ? null : ModelDirectory.open(teacher);
                Torch torch = compute.open();
                Weights weights = load(torch, directory);
                Weights referenceWeights = reference == null ? null : load(torch, reference)) {
            Evaluator evaluator = new Evaluator(torch, compute.head());
            Evaluator.Loaded student = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
            Evaluator.Loaded judge = reference == null
                    ? null
                    : new Evaluator.Loaded(new CausalLm(torch, reference.config()), referenceWeights);
            BatchReader.evaluation(model, text, batch -> {
                Scores sum = total.get().plus(evaluator.score(student, judge, batch));
                total.set(sum);
                onTokens.accept(sum.tokens());
            });
        }
        return total.get();
    }

    /**
     * Accuracy on multiple choice, by subject.
     *
     * @param rows of one pass
     * @param onAsked called with the number of choices that have been scored
     */
    public static SortedMap<String, Accuracy> choices(
            Path model,
            List<Question> questions,
            ChoicePrompt prompt,
            int rows,
            ComputeSettings compute,
            LongConsumer onAsked) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                Tokenizer tokenizer = Tokenizer.open(model);
                Torch torch = compute.open();
                Weights weights = load(torch, directory)) {
            Evaluator.Loaded loaded = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
            return new MultipleChoice(tokenizer, prompt, directory.config().maxPositionEmbeddings())
                    .ask(questions, new Continuations(torch, compute.head(), loaded, rows), onAsked);
        }
    }

    /** Weights of a stored model, in the type that the device computes in; no step changes them. */
    public static Weights load(Torch torch, ModelDirectory directory) {
        return directory.load(() -> Weights.frozen(torch, directory.config(), directory::tensor, torch.compute()));
    }
}
