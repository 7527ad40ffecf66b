package io.espalier.actors.continual;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.RunCard;
import io.espalier.actors.job.RunRanks;
import io.espalier.actors.rank.RankWorker;
import io.espalier.gpu.checkpoint.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/** Makes the student a version, with its lineage: which records, which teacher, which settings, and why. */
final class Publisher {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Versions versions;
    private final RunCard card;
    private final LedgerFile ledger;
    private final byte[] settings;
    private final String liveSha256;

    /**
     * Makes the publisher of a run.
     *
     * @param settings all that decides what the run computes
     * @param liveSha256 of the recipe's live section, which may hold what must not be told
     */
    Publisher(Versions versions, RunCard card, LedgerFile ledger, byte[] settings, String liveSha256) {
        this.versions = versions;
        this.card = card;
        this.ledger = ledger;
        this.settings = settings.clone();
        this.liveSha256 = liveSha256;
    }

    /** The checkpoint of a candidate, once it is part of the run's history. */
    record Committed(long step, Path checkpoint, String sha256, long tokens) {}

    /** Publishes the student, whose weights are those of the checkpoint; gives the version's name. */
    CompletionStage<String> publish(
            RunRanks ranks,
            Committed of,
            Judgement found,
            Versions.Judged judged,
            PairedGate.Interval better,
            TeacherIdentity teacher) {
        String version = versions.next();
        String against = versions.reference();
        return ranks.student()
                .<Path>ask(reply -> new RankWorker.Save(versions.model(version), reply))
                .thenApply(_ -> {
                    card.write(versions.model(version), of.tokens, found.validated(false));
                    ObjectNode lineage = lineage(version, against, of, found, better, teacher);
                    versions.publish(version, of.checkpoint, lineage, judged);
                    return version;
                });
    }

    private ObjectNode lineage(
            String version,
            String against,
            Committed of,
            Judgement found,
            PairedGate.Interval better,
            TeacherIdentity teacher) {
        ObjectNode json = JSON.createObjectNode();
        json.put("version", version).put("time", Instant.now().toString());
        json.put("step", of.step).put("tokens", of.tokens).put("parent", against);
        json.putObject("checkpoint").put("step", of.step).put("sha256", of.sha256);
        json.putObject("teacher")
                .put("directory", teacher.directory().toString())
                .put("digest", teacher.digest());
        json.set("ranges", JobLedger.json(ledger.ledger().lineage(of.step)));
        json.put("settings_sha256", Sha256.of(settings)).put("live_sha256", liveSha256);
        json.set("settings", settings());
        ObjectNode scores = json.putObject("scores");
        found.validated(false)
                .files()
                .forEach((file, score) -> scores.putObject(file)
                        .put("rows", found.rows().get(file).size())
                        .put("tokens", score.tokens())
                        .put("kl", score.kl())
                        .put("loss", score.loss())
                        .put("teacher_loss", score.teacherLoss())
                        .put("top1_agreement", score.top1Agreement()));
        json.putObject("compared")
                .put("with", against)
                .put("kl_difference", better.mean())
                .put("low", better.low())
                .put("high", better.high());
        return json;
    }

    private JsonNode settings() {
        try {
            return JSON.readTree(settings);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
