package io.espalier.actors.quickstart;

/** Knows how often each token occurs and nothing else: what any model must beat. */
final class UnigramModel {
    private final long[] counts;
    private long total;

    UnigramModel(int vocabSize) {
        this.counts = new long[vocabSize];
    }

    void count(int[] ids) {
        for (int id : ids) {
            counts[id]++;
            total++;
        }
    }

    /** Negative log-likelihood of one id in nats, each id counted once more than seen. */
    double loss(int id) {
        return -Math.log((counts[id] + 1.0) / (total + counts.length));
    }
}
