package io.espalier.actors.continual;

import io.espalier.actors.continual.Versions.Judged;
import io.espalier.actors.job.HeldOut;
import io.espalier.actors.job.RunRanks;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.train.TrainingCheckpoint;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Scores the student on held-out text, and knows how the version did that it is compared with. Only one model is ever in
 * memory: that version's scores are kept, and where they are not of this teacher and these rows, its weights take the
 * student's place for as long as it takes to score them. Used by one step at a time.
 */
final class Referee {
    private final HeldOut heldOut;
    private final Versions versions;
    private final PairedGate gate;
    private final GateSettings settings;
    private Judged reference;

    Referee(HeldOut heldOut, Versions versions, GateSettings settings) {
        this.heldOut = heldOut;
        this.versions = versions;
        this.gate = new PairedGate(settings);
        this.settings = settings;
    }

    /** The digest of the teacher and the held-out rows: scores of the same digest can be compared. */
    private String basis(TeacherIdentity teacher) {
        StringBuilder text = new StringBuilder(teacher.digest());
        heldOut.files().forEach((file, batches) -> {
            text.append('\n').append(file);
            batches.stream().map(TokenBatch::sha256).forEach(text.append(' ')::append);
        });
        return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    CompletionStage<Judgement> score(RunRanks ranks, long step) {
        return heldOut.score(ranks).thenApply(rows -> new Judgement(step, rows));
    }

    Judged judged(Judgement found, TeacherIdentity teacher) {
        return new Judged(basis(teacher), found.step(), found.kl());
    }

    /** Sets the scores that candidates are compared with from here on. */
    void refer(Judged to) {
        reference = to;
    }

    /**
     * Has candidates compared, from here on, with the current version as this teacher judges it.
     *
     * @param here checkpoint of the weights that the student has now
     */
    CompletionStage<Void> refer(RunRanks ranks, TeacherIdentity teacher, Path here) {
        String version = versions.reference();
        if (judgedBy(teacher, version).isPresent()) {
            return referRestored(ranks, teacher, version);
        }
        return restore(ranks, versions.state(version))
                .thenCompose(_ -> referRestored(ranks, teacher, version))
                .thenCompose(_ -> restore(ranks, here));
    }

    /**
     * Has candidates compared, from here on, with the version whose weights the student has now, as this teacher judges
     * it.
     */
    CompletionStage<Void> referRestored(RunRanks ranks, TeacherIdentity teacher, String version) {
        Optional<Judged> known = judgedBy(teacher, version);
        if (known.isPresent()) {
            refer(known.get());
            return CompletableFuture.completedFuture(null);
        }
        long step = versions.judged(version).map(Judged::step).orElse(0L);
        return score(ranks, step).thenAccept(found -> {
            Judged judged = judged(found, teacher);
            versions.judge(version, judged);
            refer(judged);
        });
    }

    private Optional<Judged> judgedBy(TeacherIdentity teacher, String version) {
        return versions.judged(version).filter(known -> known.by().equals(basis(teacher)));
    }

    /** Gives the student the weights and the optimiser's state of a checkpoint. */
    static CompletionStage<Void> restore(RunRanks ranks, Path checkpoint) {
        return restore(ranks, TrainingCheckpoint.open(checkpoint));
    }

    /** @param from closed when it is done */
    static CompletionStage<Void> restore(RunRanks ranks, TrainingCheckpoint from) {
        return ranks.student()
                .<Void>ask(reply -> new RankWorker.Restore(from, reply))
                .whenComplete((_, _) -> from.close());
    }

    /** In words, why the student has collapsed; empty where it has not. */
    Optional<String> collapse(Judgement found) {
        return found.collapse(settings, reference.mean());
    }

    PairedGate.Decision decide(Judgement candidate) {
        boolean first = versions.published().isEmpty();
        return gate.decide(candidate.kl(), reference.kl(), first, candidate.step());
    }
}
