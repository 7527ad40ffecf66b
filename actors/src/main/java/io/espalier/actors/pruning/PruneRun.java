package io.espalier.actors.pruning;

import io.espalier.actors.card.CardFacts;
import io.espalier.actors.card.CardFile;
import io.espalier.actors.job.WorkDirectory;
import io.espalier.actors.pruning.CandidateSearch.Found;
import io.espalier.actors.report.Progress;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.checkpoint.StagedDirectory;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import io.espalier.gpu.prune.Compensation;
import io.espalier.gpu.prune.ExpectedDamage;
import io.espalier.gpu.prune.Importance;
import io.espalier.gpu.prune.LatencyTable;
import io.espalier.gpu.prune.NormGains;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.PruningTargets;
import io.espalier.gpu.prune.ScoresFile;
import io.espalier.gpu.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The whole job: calibrate, search, compare, compensate, cut, report. */
public final class PruneRun {
    private final PruneRequest request;
    private final Calibrator calibrator;
    private final Consumer<String> say;

    /** @param say told what is begun */
    public PruneRun(PruneRequest request, Calibrator calibrator, Consumer<String> say) {
        this.request = request;
        this.calibrator = calibrator;
        this.say = say;
    }

    /**
     * Does the job.
     *
     * @param dry whether to write nothing but the file of scores, and leave out what only the output needs
     */
    public PruneOutcome run(boolean dry) throws IOException {
        StagedDirectory.requireFree(request.out());
        try (ModelDirectory directory = ModelDirectory.open(request.model());
                WorkDirectory work = WorkDirectory.beside(request.out())) {
            check(directory.config());
            ScoresFile scores = scores(directory, work);
            Importance importance = scores == null
                    ? null
                    : Importance.of(scores.statistics(), directory.config(), request.importance());
            Found found = search(directory.config(), importance);
            Contest.Ranked ranked = compare(directory, candidates(directory, scores, importance, found), work);
            PruningPlan plan = ranked.trials().getFirst().plan();
            Path refit = work.path().resolve(Compensation.REFIT_FILE);
            boolean refits =
                    !dry && request.repairs().contains(Repair.REFIT) && RefitRun.applies(plan, directory.config());
            if (refits) {
                plan = refit(directory, plan, refit);
            }
            PruneOutcome outcome = new PruneOutcome(
                    directory.config(),
                    cost(directory.config(), directory.config(), scores != null),
                    cost(directory.config(), plan.apply(directory.config()), scores != null),
                    plan,
                    scores,
                    request.importance(),
                    importance,
                    found,
                    ranked.teacher(),
                    ranked.trials(),
                    result(directory, ranked, plan, refits ? refit : null),
                    request.comparison());
            if (!dry) {
                cut(directory, outcome, refits ? refit : null);
            }
            return outcome;
        }
    }

    /** Says what is wrong before anything is computed. */
    private void check(ModelConfig model) {
        switch (request.goal()) {
            case Goal.Explicit explicit -> explicit.targets().check(model);
            case Goal.Within within -> {
                if (within.topK() > 1 && request.comparison() == null) {
                    throw usage("--heldout: names the text that candidates are compared on; without it say --top-k 1");
                }
            }
        }
        if (request.repairs().contains(Repair.REFIT) && request.calibration() == null) {
            throw usage("--calibration: names the text that --compensate refit reads once more");
        }
        if (request.comparison() != null && request.comparison().halving() != null && request.calibration() == null) {
            throw usage("--calibration: names the text that --halving distils on");
        }
    }

    private static Refused usage(String message) {
        return new Refused(Refused.Reason.USAGE, message);
    }

    /** Stored or new scores; null where the goal needs none. */
    private ScoresFile scores(ModelDirectory directory, WorkDirectory work) throws IOException {
        if (request.goal() instanceof Goal.Explicit(PruningTargets targets) && !targets.needImportance()) {
            return null;
        }
        Path stored = request.scores();
        if (stored != null && Files.exists(stored)) {
            ScoresFile scores = ScoresFile.read(stored);
            scores.requireModel(stored, directory.config(), directory.digest());
            return scores;
        }
        if (request.calibration() == null) {
            throw usage("--calibration: names the text that importance is measured on, or --scores a file of scores");
        }
        ScoresFile scores = calibrator.measure(directory, request, work.fresh("calibration-"));
        if (stored != null && !Files.exists(stored)) {
            scores.write(stored);
        }
        return scores;
    }

    private Found search(ModelConfig model, Importance importance) {
        return switch (request.goal()) {
            case Goal.Explicit _ -> null;
            case Goal.Within within ->
                CandidateSearch.find(model, within, new ExpectedDamage(model, importance), request.compute());
        };
    }

    private List<Trial> candidates(ModelDirectory directory, ScoresFile scores, Importance importance, Found found) {
        return switch (request.goal()) {
            case Goal.Explicit(PruningTargets targets) -> {
                PruningPlan plan = plan(directory, targets, scores, importance);
                Candidate shape =
                        ArchitectureSearch.cost(directory.config(), plan.apply(directory.config()), request.serving());
                yield List.of(Trial.of(shape, plan, Double.NaN));
            }
            case Goal.Within _ -> {
                ExpectedDamage damage = new ExpectedDamage(directory.config(), importance);
                yield found.candidates().stream()
                        .map(shape ->
                                Trial.of(shape, plan(directory, shape.targets(), scores, importance), damage.of(shape)))
                        .toList();
            }
        };
    }

    private PruningPlan plan(
            ModelDirectory directory, PruningTargets targets, ScoresFile scores, Importance importance) {
        PruningPlan plan = PruningPlan.choose(directory.config(), targets, importance);
        return request.repairs().contains(Repair.GAINS) && scores != null
                ? plan.with(NormGains.of(directory, plan, scores.statistics()))
                : plan;
    }

    private Contest contest(ModelDirectory directory) {
        return new Contest(directory, request.comparison(), request.compute(), say);
    }

    private Contest.Ranked compare(ModelDirectory directory, List<Trial> candidates, WorkDirectory work)
            throws IOException {
        return request.comparison() == null
                ? new Contest.Ranked(null, candidates)
                : contest(directory).rank(candidates, request.calibration(), work);
    }

    private PruningPlan refit(ModelDirectory directory, PruningPlan plan, Path file) {
        RefitRun run = new RefitRun(directory, request.calibration(), request.compute(), request.refit());
        try (Progress progress = new Progress("refit rows", run.rows(plan))) {
            return run.write(plan, file, progress::at);
        }
    }

    private Quality result(ModelDirectory directory, Contest.Ranked ranked, PruningPlan plan, Path refit) {
        return refit == null || request.comparison() == null
                ? ranked.trials().getFirst().zeroShot()
                : contest(directory).of(plan, refit);
    }

    private PruneOutcome.Cost cost(ModelConfig model, ModelConfig shape, boolean measured) {
        Candidate cost = ArchitectureSearch.cost(model, shape, request.serving());
        if (!measured) {
            return new PruneOutcome.Cost(cost, Double.NaN);
        }
        try (Torch torch = request.compute().open()) {
            LatencyTable table = new LatencyTable(
                    torch, model, request.serving().batch(), request.serving().seqLength());
            return new PruneOutcome.Cost(cost, table.millis(cost));
        }
    }

    private void cut(ModelDirectory directory, PruneOutcome outcome, Path refit) {
        say.accept("cutting");
        Pruner.prune(directory, outcome.plan(), refit, request.out(), request.maxShardBytes(), written -> {
            new PruneReport(outcome).write(written);
            CardFile.put(written, CardFacts.ofCut(written, directory, outcome.plan(), request.out()));
        });
    }
}
