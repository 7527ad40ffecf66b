package io.espalier.actors.pruning;

import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import io.espalier.gpu.prune.PruningPlan;
import java.util.ArrayList;
import java.util.List;

/**
 * A candidate and its scores so far.
 *
 * @param plan what it keeps
 * @param expectedDamage before it was tried, 0 to 1; NaN where it is not known
 * @param zeroShot as cut and compensated by gains; null where nothing was compared
 * @param rounds of distillation that it took part in, in order
 */
public record Trial(
        Candidate candidate, PruningPlan plan, double expectedDamage, Quality zeroShot, List<Round> rounds) {
    /**
     * A round of successive halving.
     *
     * @param steps of distillation so far, all rounds together
     */
    public record Round(long steps, Quality quality) {}

    public Trial {
        rounds = List.copyOf(rounds);
    }

    /** A candidate that nobody has looked at. */
    static Trial of(Candidate candidate, PruningPlan plan, double expectedDamage) {
        return new Trial(candidate, plan, expectedDamage, null, List.of());
    }

    Trial with(Quality quality) {
        return new Trial(candidate, plan, expectedDamage, quality, rounds);
    }

    Trial after(Round round) {
        List<Round> all = new ArrayList<>(rounds);
        all.add(round);
        return new Trial(candidate, plan, expectedDamage, zeroShot, all);
    }

    /** The quality after the last round, or zero-shot where there was none. */
    public Quality latest() {
        return rounds.isEmpty() ? zeroShot : rounds.getLast().quality();
    }
}
