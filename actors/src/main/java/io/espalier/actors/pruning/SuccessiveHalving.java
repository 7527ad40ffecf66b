package io.espalier.actors.pruning;

import io.espalier.actors.job.Checkpointing;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.Economy;
import io.espalier.actors.job.Features;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.Training;
import io.espalier.actors.job.Validation;
import io.espalier.actors.job.WorkDirectory;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.disk.DirectoryTree;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.prune.Pruner;
import io.espalier.streams.batch.BatchSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Distils candidates a little, drops the worse half, and goes on with twice the steps until one is left (Jamieson and
 * Talwalkar, 2016). A round goes on from the weights of the last, on other text.
 */
final class SuccessiveHalving {
    private final ModelDirectory original;
    private final Judge judge;
    private final Comparison comparison;
    private final BatchSettings text;
    private final ComputeSettings compute;
    private final WorkDirectory work;
    private final Consumer<String> say;
    private final Map<Trial, Path> models = new HashMap<>();

    /**
     * @param text to distil on
     * @param work for the students
     */
    SuccessiveHalving(
            ModelDirectory original,
            Judge judge,
            Comparison comparison,
            BatchSettings text,
            ComputeSettings compute,
            WorkDirectory work,
            Consumer<String> say) {
        this.original = original;
        this.judge = judge;
        this.comparison = comparison;
        this.text = text;
        this.compute = compute;
        this.work = work;
        this.say = say;
    }

    /** All trials with the rounds that they took part in, the winner first. */
    List<Trial> run(List<Trial> trials) throws IOException {
        List<Trial> dropped = new ArrayList<>();
        List<Trial> left = trials;
        long steps = comparison.halving().steps();
        long before = 0;
        for (int round = 1; left.size() > 1; round++, steps *= 2) {
            List<Trial> seen = new ArrayList<>();
            for (int i = 0; i < left.size(); i++) {
                say.accept("halving, round " + round + ": " + steps + " steps of candidate " + (i + 1) + " of "
                        + left.size());
                seen.add(round(left.get(i), round, steps, before + steps));
            }
            seen.sort(Comparator.comparingDouble((Trial trial) -> trial.latest().by(comparison.by()))
                    .reversed());
            before += steps;
            int kept = Math.ceilDiv(seen.size(), 2);
            dropped.addAll(0, seen.subList(kept, seen.size()));
            for (Trial trial : seen.subList(kept, seen.size())) {
                DirectoryTree.delete(models.remove(trial));
            }
            left = seen.subList(0, kept);
        }
        return Stream.concat(left.stream(), dropped.stream()).toList();
    }

    private Trial round(Trial trial, int round, long steps, long total) throws IOException {
        Path from = models.containsKey(trial) ? models.remove(trial) : prune(trial);
        Path to = work.fresh("round-").resolve("student");
        try (Training training = new Training(request(from, to, round, steps), say, _ -> {})) {
            training.run(_ -> {});
        }
        DirectoryTree.delete(from);
        try (ModelDirectory student = ModelDirectory.open(to)) {
            Trial after = trial.after(new Trial.Round(total, judge.of(student.config(), student::tensor)));
            models.put(after, to);
            return after;
        }
    }

    private Path prune(Trial trial) throws IOException {
        Path out = work.fresh("pruned-").resolve("student");
        Pruner.prune(original, trial.plan(), null, out, Long.MAX_VALUE, _ -> {});
        return out;
    }

    private TrainRequest request(Path from, Path to, int round, long steps) {
        BatchSettings other = text.withSeed(text.seed() + round);
        return new TrainRequest(
                new TrainRequest.Start.Stored(from),
                original.path(),
                LossMix.FORWARD_KL,
                Features.NONE,
                other,
                compute,
                steps,
                comparison.halving().schedule(),
                Validation.NONE,
                Checkpointing.NONE,
                Economy.NONE,
                to,
                Long.MAX_VALUE);
    }
}
