package io.espalier.streams.live;

import io.espalier.proto.state.EndedLog;
import io.espalier.proto.state.LivePartition;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * The place up to which one partition has been read.
 *
 * @param first offset at which it began
 * @param next offset at which it goes on
 * @param log by which its source knows the log again that the offsets are of; empty where it has no such thing
 * @param ended logs that it was before, whose offsets are others
 */
public record PartitionPosition(long first, long next, String log, List<Ended> ended) {
    /**
     * The records that were read of a log that is no more.
     *
     * @param first offset at which it began
     * @param next one past the last that was read
     */
    public record Ended(long first, long next) {}

    public PartitionPosition {
        ended = List.copyOf(ended);
    }

    /** The position of a partition that begins. */
    static PartitionPosition at(long next, String log) {
        return new PartitionPosition(next, next, log, List.of());
    }

    /** Offset at which a partition goes on that begins at 0. */
    static long next(SortedMap<Integer, PartitionPosition> positions, int partition) {
        PartitionPosition at = positions.get(partition);
        return at == null ? 0 : at.next;
    }

    /**
     * The position of a partition after an arrival.
     *
     * @param before null where nothing of the partition has arrived yet
     */
    static PartitionPosition after(PartitionPosition before, Arrival arrival) {
        return switch (arrival) {
            case Arrival.Item item ->
                before == null
                        ? new PartitionPosition(item.offset(), item.next(), "", List.of())
                        : before.to(item.next());
            case Arrival.Tombstone tombstone ->
                before == null
                        ? new PartitionPosition(tombstone.offset(), tombstone.next(), "", List.of())
                        : before.to(tombstone.next());
            case Arrival.Mark mark -> before == null ? at(mark.next(), mark.log()) : before.after(mark);
        };
    }

    private PartitionPosition to(long offset) {
        return new PartitionPosition(first, offset, log, ended);
    }

    private PartitionPosition after(Arrival.Mark mark) {
        String named = mark.log().isEmpty() ? log : mark.log();
        return mark.anew()
                ? new PartitionPosition(
                        mark.next(),
                        mark.next(),
                        named,
                        Stream.concat(ended.stream(), Stream.of(new Ended(first, next)))
                                .toList())
                : new PartitionPosition(first, mark.next(), named, ended);
    }

    LivePartition stored(int number) {
        return LivePartition.newBuilder()
                .setPartition(number)
                .setNext(next)
                .setFirst(first)
                .setLog(log)
                .addAllEnded(ended.stream()
                        .map(log -> EndedLog.newBuilder()
                                .setFirst(log.first)
                                .setNext(log.next)
                                .build())
                        .toList())
                .build();
    }

    static PartitionPosition of(LivePartition stored) {
        return new PartitionPosition(
                stored.getFirst(),
                stored.getNext(),
                stored.getLog(),
                stored.getEndedList().stream()
                        .map(log -> new Ended(log.getFirst(), log.getNext()))
                        .toList());
    }
}
