package io.espalier.actors.job;

import io.espalier.actors.card.CardFacts;
import io.espalier.actors.card.CardFile;
import io.espalier.actors.card.TrainingFacts;
import io.espalier.actors.report.MetricsLog;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.train.StepReport;
import io.espalier.proto.state.TrainingState;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes the cards of a run's students. Its facts of other models are read when the run is opened. Used by one step at a time. */
public final class RunCard {
    private final Path run;
    /** Null where no card is written. */
    private CardFacts facts;

    private long step;
    private long tokens;
    /** Targets of the global batch that is not complete yet. */
    private long pending;

    private RunCard(Path run, CardFacts facts) {
        this.run = run;
        this.facts = facts;
    }

    /** A run without cards has this one. */
    static RunCard off() {
        return new RunCard(Path.of("."), null);
    }

    /** Reads what the cards of a run tell of other models. */
    public static RunCard of(TrainRequest request) {
        Path start = request.start().directory();
        ModelConfig config = switch (request.start()) {
            case TrainRequest.Start.Stored _ -> ModelConfig.read(start);
            case TrainRequest.Start.Random random -> ModelConfig.read(random.config());
        };
        // A tokenizer's directory says nothing of new weights.
        Path parent = request.start() instanceof TrainRequest.Start.Stored ? start : null;
        List<Path> files = request.text().files().stream().map(TextFile::path).toList();
        CardFacts facts = CardFacts.ofTrained(config, parent, settings(request), files);
        if (request.teacher() != null) {
            facts = facts.taughtBy(request.teacher());
        }
        return new RunCard(request.out(), facts);
    }

    private static Map<String, String> settings(TrainRequest request) {
        Map<String, String> settings = new LinkedHashMap<>();
        if (request.text().files().isEmpty()) {
            settings.put("text", "live");
        }
        settings.put("loss", String.join(" + ", request.losses()));
        settings.put("learning rate", Double.toString(request.schedule().learningRate()));
        settings.put("rows a step", Integer.toString(request.schedule().globalBatch()));
        settings.put("tokens a row", Integer.toString(request.text().seqLength()));
        settings.put("documents in a row", request.text().documents().toString());
        settings.put("seed", Long.toString(request.text().seed()));
        return settings;
    }

    /** Counts the steps on from where the run goes on. */
    public void begin(TrainingState state) {
        step = state.getStep();
        tokens = state.getTokens();
    }

    /** Takes the model in a directory for the teacher from now on. */
    public void taughtBy(Path teacher) {
        facts = facts.taughtBy(teacher);
    }

    /** Takes in each step. */
    public void accept(StepReport report) {
        pending += report.targets();
        if (report.complete()) {
            step = report.step();
            tokens += pending;
            pending = 0;
        }
    }

    /** Writes the card of the student as it is, with the scores that the run's records have, before it is saved there. */
    public void write(Path directory) {
        if (facts != null) {
            TrainingFacts found = TrainingFacts.read(run).at(step, tokens);
            CardFile.put(directory, facts.with(CardFacts.title(run), found));
        }
    }

    /** Writes the card of the student as it is, with the scores that were just found. */
    void writeBest(Path directory, Validated found) {
        if (facts != null) {
            CardFile.put(directory, facts.with(CardFacts.title(run), scored(tokens, found)));
        }
    }

    /** Writes the card of a version of the student, with the scores that let it pass. */
    public void write(Path directory, long learnt, Validated found) {
        String title = CardFacts.title(run) + " " + CardFacts.title(directory);
        CardFile.put(directory, facts.with(title, scored(learnt, found)));
    }

    private static TrainingFacts scored(long learnt, Validated found) {
        return TrainingFacts.NONE.at(found.step(), learnt).scored(MetricsLog.scores(found));
    }
}
