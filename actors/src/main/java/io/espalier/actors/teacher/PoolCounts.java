package io.espalier.actors.teacher;

/**
 * The counts of a pool of teachers.
 *
 * @param answered batches
 * @param askedAgain times that a batch was asked about again because its teacher died, failed or was too late
 * @param hedged times that a second teacher was asked because the first was slow
 * @param unwanted answers that nobody waited for any more, freed
 * @param gaveUp answers that did not come in time
 */
public record PoolCounts(long answered, long askedAgain, long hedged, long unwanted, long gaveUp) {
    static final PoolCounts NONE = new PoolCounts(0, 0, 0, 0, 0);
}
