package io.espalier.actors.continual;

import io.espalier.actors.job.Validated;
import io.espalier.gpu.eval.Scores;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The scores of a student on held-out text.
 *
 * @param step after which
 * @param rows scores of each row, by the file that it comes from
 */
record Judgement(long step, Map<String, List<Scores>> rows) {
    /** KL of each row, by file. */
    Map<String, double[]> kl() {
        Map<String, double[]> kl = new LinkedHashMap<>();
        rows.forEach((file, each) -> kl.put(
                file,
                each.stream()
                        .mapToDouble(row -> row.klSum() / Math.max(1, row.tokens()))
                        .toArray()));
        return kl;
    }

    Validated validated(boolean best) {
        Map<String, Scores> files = new LinkedHashMap<>();
        rows.forEach((file, each) -> files.put(file, each.stream().reduce(Scores.NONE, Scores::plus)));
        return new Validated(step, files, true, best);
    }

    /**
     * In words, why a student that scores so has collapsed; empty where it has not.
     *
     * @param referenceKl of the weights that would be gone back to, mean of the rows
     */
    Optional<String> collapse(GateSettings rule, double referenceKl) {
        Scores all = validated(false).all();
        double kl = kl().values().stream()
                .flatMapToDouble(java.util.Arrays::stream)
                .average()
                .orElse(Double.NaN);
        if (!Double.isFinite(kl)) {
            return Optional.of("its KL on held-out text is no number");
        }
        if (kl > rule.collapseKl(referenceKl)) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "its KL on held-out text is %.4f, above %.4f, where the reference's is %.4f",
                    kl,
                    rule.collapseKl(referenceKl),
                    referenceKl));
        }
        if (all.entropyRatio() < rule.minEntropyRatio()) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "its entropy on held-out text is %.2f of its teacher's, less than %.2f",
                    all.entropyRatio(),
                    rule.minEntropyRatio()));
        }
        return Optional.empty();
    }
}
