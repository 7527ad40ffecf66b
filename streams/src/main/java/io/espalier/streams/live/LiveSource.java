package io.espalier.streams.live;

import java.util.Map;
import java.util.SortedMap;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** A place that live text comes from. It outlasts failures of its own, which it tells, and never ends by itself. */
interface LiveSource extends AutoCloseable {
    String name();

    /** What it is, as recipes say it. */
    String kind();

    /**
     * What arrives, on demand.
     *
     * @param from how far each partition has been read; one that is absent begins
     */
    Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from);

    /** No position before this one will be gone back to. */
    void committed(SortedMap<Integer, Long> next);

    /** One past the last record of each partition that can be read, as last heard; absent where that is unknown. Never waits. */
    Map<Integer, Long> ends();

    /** Ends what it does beside the stream; idempotent. */
    @Override
    void close();
}
