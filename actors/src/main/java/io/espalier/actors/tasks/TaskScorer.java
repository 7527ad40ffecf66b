package io.espalier.actors.tasks;

import io.espalier.actors.choices.RequestEncoder;
import io.espalier.gpu.Refused;
import io.espalier.gpu.eval.Continuations;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.Beginning;
import io.espalier.streams.batch.StopIds;
import io.espalier.streams.batch.Tokenizer;
import io.espalier.streams.tasks.Task;
import io.espalier.streams.tasks.TaskPart;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * Asks one model the questions of benchmarks. Used by one thread.
 *
 * @param model directory that messages name, and whose settings tell where its texts stop
 */
record TaskScorer(
        Path model,
        Tokenizer tokenizer,
        Torch torch,
        Evaluator.Loaded loaded,
        Continuations continuations,
        Beginning beginning) {
    /**
     * The results of a benchmark: all of it first, then each of its subjects.
     *
     * @param onAsked called with each number of further questions that have been answered
     * @param onAnswered called with each part and the answers to it, in the order of its questions
     */
    List<TaskResult> score(
            List<TaskPart> parts, LongConsumer onAsked, BiConsumer<TaskPart, List<Answered>> onAnswered) {
        List<TaskResult> results = new ArrayList<>();
        for (TaskPart part : parts) {
            List<Answered> answers =
                    part.task().measure() == Task.Measure.WRITTEN ? written(part, onAsked) : chosen(part, onAsked);
            onAnswered.accept(part, answers);
            results.add(TaskResult.of(part.task(), part.name(), part.shots(), answers));
        }
        return TaskResult.withTotal(results);
    }

    private int maxTokens() {
        return loaded.model().config().maxPositionEmbeddings();
    }

    private List<Answered> chosen(TaskPart part, LongConsumer onAsked) {
        RequestEncoder encoder = new RequestEncoder(tokenizer, beginning, maxTokens());
        List<RequestEncoder.Encoded> encoded = new ArrayList<>();
        for (TaskPart.Asked question : part.asked()) {
            for (int choice = 0; choice < question.answers().size(); choice++) {
                encoded.add(encoder.encode(
                        question.where(), question.contexts().get(choice), question.continuation(choice)));
            }
        }
        double each = (double) part.asked().size() / encoded.size();
        long[] told = {0};
        double[] likelihoods = continuations.logLikelihoods(
                encoded.stream().map(RequestEncoder.Encoded::request).toList(), scored -> {
                    long asked = Math.round(scored * each);
                    onAsked.accept(asked - told[0]);
                    told[0] = asked;
                });
        List<Answered> answers = new ArrayList<>();
        int first = 0;
        for (TaskPart.Asked question : part.asked()) {
            int end = first + question.answers().size();
            answers.add(chosen(part.task(), question, likelihoods, encoded, first));
            first = end;
        }
        return answers;
    }

    private Answered chosen(
            Task task, TaskPart.Asked question, double[] likelihoods, List<RequestEncoder.Encoded> encoded, int first) {
        List<Double> plain = new ArrayList<>();
        List<Double> normed = new ArrayList<>();
        boolean truncated = false;
        for (int choice = 0; choice < question.answers().size(); choice++) {
            double likelihood = likelihoods[first + choice];
            if (!Double.isFinite(likelihood)) {
                throw Refused.invalid(model, "log-likelihood", likelihood, "must be finite: its weights are damaged");
            }
            String answer = question.answers().get(choice);
            plain.add(likelihood);
            normed.add(likelihood / answer.codePointCount(0, answer.length()));
            truncated |= encoded.get(first + choice).truncated();
        }
        List<Boolean> verdicts = new ArrayList<>(List.of(largest(plain) == question.gold()));
        if (task.measure() == Task.Measure.NORMED) {
            verdicts.add(largest(normed) == question.gold());
        }
        return new Answered(question.where(), question.gold(), plain, null, verdicts, truncated);
    }

    /** The index of the largest value, and of the first among equals. */
    private static int largest(List<Double> values) {
        int best = 0;
        for (int i = 1; i < values.size(); i++) {
            best = values.get(i) > values.get(best) ? i : best;
        }
        return best;
    }

    private List<Answered> written(TaskPart part, LongConsumer onAsked) {
        Writer writer = new Writer(torch, loaded, tokenizer, StopIds.read(model, tokenizer), beginning, maxTokens());
        List<Answered> answers = new ArrayList<>();
        for (TaskPart.Asked question : part.asked()) {
            answers.add(writer.answer(question));
            onAsked.accept(1);
        }
        return answers;
    }
}
