package io.espalier.actors.pruning;

import io.espalier.actors.choices.Accuracy;
import io.espalier.actors.choices.MultipleChoice;
import io.espalier.actors.job.BatchReader;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.eval.Continuations;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Scores candidates, all on the same held-out rows and questions, against the model that they are cut from. */
final class Judge implements AutoCloseable {
    private final Path path;
    private final Comparison comparison;
    private final ComputeSettings compute;
    private final Torch torch;
    private final Weights weights;
    private final Evaluator.Loaded original;
    private final List<TokenBatch> heldOut = new ArrayList<>();

    @SuppressWarnings("MustBeClosedChecker") // closed with this
    Judge(ModelDirectory directory, Comparison comparison, ComputeSettings compute) {
        this.path = directory.path();
        this.comparison = comparison;
        this.compute = compute;
        if (comparison.heldOut() != null) {
            BatchReader.evaluation(path, comparison.heldOut(), comparison.rows(), heldOut::add);
        }
        this.torch = compute.open();
        this.weights = load(directory.config(), directory::tensor);
        this.original = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
    }

    private Weights load(ModelConfig config, Function<String, TensorData> source) {
        try {
            return Weights.frozen(torch, config, source, torch.compute());
        } catch (RuntimeException e) {
            torch.close();
            throw e;
        }
    }

    /** The original's own quality; its KL to itself is 0. */
    Quality original() {
        return quality(original);
    }

    /** Quality of a candidate whose weights come from {@code source}. */
    Quality of(ModelConfig config, Function<String, TensorData> source) {
        try (Weights candidate = Weights.frozen(torch, config, source, torch.compute())) {
            return quality(new Evaluator.Loaded(new CausalLm(torch, config), candidate));
        }
    }

    private Quality quality(Evaluator.Loaded candidate) {
        Evaluator evaluator = new Evaluator(torch, compute.head());
        Scores text = heldOut.stream()
                .map(batch -> evaluator.score(candidate, original, batch))
                .reduce(Scores.NONE, Scores::plus);
        return new Quality(text, comparison.questions().isEmpty() ? Accuracy.NONE : ask(candidate));
    }

    private Accuracy ask(Evaluator.Loaded candidate) {
        int maxTokens = candidate.model().config().maxPositionEmbeddings();
        try (Tokenizer tokenizer = Tokenizer.open(path)) {
            return MultipleChoice.total(new MultipleChoice(tokenizer, comparison.prompt(), maxTokens)
                    .ask(comparison.questions(), new Continuations(torch, compute.head(), candidate, 1), _ -> {}));
        }
    }

    @Override
    public void close() {
        weights.close();
        torch.close();
    }
}
