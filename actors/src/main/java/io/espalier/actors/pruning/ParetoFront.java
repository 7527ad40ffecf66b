package io.espalier.actors.pruning;

import java.util.List;
import java.util.function.ToDoubleFunction;

/** Candidates that no other beats in both size and quality. */
final class ParetoFront {
    private ParetoFront() {}

    /** Those of {@code trials} for which no other has at most the size and less loss; the smallest first. */
    static List<Trial> of(List<Trial> trials, ToDoubleFunction<Trial> loss) {
        return trials.stream()
                .filter(trial -> trials.stream().noneMatch(other -> beats(other, trial, loss)))
                .sorted(java.util.Comparator.comparingLong(t -> t.candidate().parameters()))
                .toList();
    }

    private static boolean beats(Trial one, Trial other, ToDoubleFunction<Trial> loss) {
        long size = Long.compare(one.candidate().parameters(), other.candidate().parameters());
        int quality = Double.compare(loss.applyAsDouble(one), loss.applyAsDouble(other));
        return size <= 0 && quality <= 0 && (size < 0 || quality < 0);
    }
}
