package io.espalier.gpu.cache;

/**
 * The counts of a cache since it was opened.
 *
 * @param hits entries found whole
 * @param misses asked for and not there, the damaged ones included
 * @param damaged entries found broken and removed
 * @param evicted entries removed for room
 * @param bytes of all entries, as last seen by this process
 */
public record CacheCounts(long hits, long misses, long damaged, long evicted, long bytes) {
    /** Share of what was asked for that was there; NaN where nothing was. */
    public double hitRate() {
        return (double) hits / (hits + misses);
    }
}
