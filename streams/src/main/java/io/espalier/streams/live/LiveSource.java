package io.espalier.streams.live;

import java.util.Map;
import java.util.SortedMap;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** A place that live text comes from. It outlasts failures of its own, which it tells, and never ends by itself. */
interface LiveSource extends AutoCloseable {
    String name();

    /** The kind of the source as recipes name it. */
    String kind();

    /**
     * Returns the records of the source, which reads on demand.
     *
     * @param from how far each partition has been read; one that is absent begins
     */
    Source<Arrival, NotUsed> arrivals(SortedMap<Integer, PartitionPosition> from);

    /** Tells the source that no position before this one will be gone back to. */
    void committed(SortedMap<Integer, Long> next);

    /**
     * The offset behind the last readable record of each partition, as it was heard last; absent where that is unknown.
     * Never waits.
     */
    Map<Integer, Long> ends();

    /** Ends what it does beside the stream; idempotent. */
    @Override
    void close();
}
