package io.espalier.streams.live;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The state of a live stream.
 *
 * @param deadLetters since the run began
 * @param replayShare of rows
 */
public record LiveStatus(List<SourceStatus> sources, long deadLetters, double replayShare) {
    /**
     * The state of one source.
     *
     * @param lagRecords that can be read and have not been taken in; empty where that is unknown
     * @param read since the run began, duplicates, dead ones and tombstones among them
     * @param lastRecordTime when the record came that was taken in last
     */
    public record SourceStatus(
            String name,
            String kind,
            List<PartitionStatus> partitions,
            OptionalLong lagRecords,
            long read,
            long duplicates,
            long dead,
            long tombstones,
            Optional<Instant> lastRecordTime) {
        public SourceStatus {
            partitions = List.copyOf(partitions);
        }
    }

    /**
     * The state of one partition.
     *
     * @param next offset of the record that is taken in next
     * @param end one past the last record; empty where there is none
     */
    public record PartitionStatus(int partition, long next, OptionalLong end) {}

    public LiveStatus {
        sources = List.copyOf(sources);
    }
}
