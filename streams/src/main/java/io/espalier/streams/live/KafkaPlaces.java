package io.espalier.streams.live;

import io.espalier.gpu.Refused;
import io.espalier.streams.live.KafkaTopic.Range;
import io.espalier.streams.live.KafkaTopic.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Decides where the partitions of a topic go on: those that begin, and those whose log is another, was cut, or has lost what
 * was to be read next. The latter is told, with what is lost. Used by one thread.
 */
final class KafkaPlaces {
    private final String source;
    private final KafkaSettings settings;
    private final KafkaBeginning beginning;
    private final LiveListener listener;
    private final List<String> gone = new ArrayList<>();
    private final List<String> shorter = new ArrayList<>();
    private String formerTopic = "";
    private long lost;

    KafkaPlaces(String source, KafkaSettings settings, KafkaBeginning beginning, LiveListener listener) {
        this.source = source;
        this.settings = settings;
        this.beginning = beginning;
        this.listener = listener;
    }

    /**
     * Marks of the partitions that go on elsewhere than they were left.
     *
     * @param at where they were left; one that is absent begins
     * @param cut of the partitions whose position a broker has refused: the offset from which on the log is another, or
     *     {@link Long#MAX_VALUE} where it only ended too early
     * @throws GivenUp where a position cannot be gone on from, and the settings say that the run is to end then
     */
    List<Arrival> marks(Standing standing, SortedMap<Integer, PartitionPosition> at, Map<Integer, Long> cut) {
        gone.clear();
        shorter.clear();
        formerTopic = "";
        lost = 0;
        SortedMap<Integer, PartitionPosition> begun = at.isEmpty() ? begun(standing) : beginning.read();
        List<Arrival> marks = new ArrayList<>();
        standing.partitions().forEach((number, range) -> {
            PartitionPosition known = at.getOrDefault(number, begun.get(number));
            // A partition that was made later holds no record from before the run.
            Arrival.Mark mark = known == null
                    ? new Arrival.Mark(source, number, range.beginning(), standing.id(), false)
                    : mark(number, known, range, standing.id(), Optional.ofNullable(cut.get(number)));
            if (mark != null) {
                marks.add(mark);
            } else if (!at.containsKey(number)) {
                marks.add(new Arrival.Mark(source, number, known.next(), known.log(), false));
            }
        });
        tell(standing.id());
        return marks;
    }

    /** The positions at which the run begins: those of its last start if it was killed since without a checkpoint. */
    private SortedMap<Integer, PartitionPosition> begun(Standing standing) {
        SortedMap<Integer, PartitionPosition> begun = beginning.read();
        if (begun.isEmpty()) {
            begun = new TreeMap<>();
            for (Map.Entry<Integer, Range> partition : standing.partitions().entrySet()) {
                Range range = partition.getValue();
                begun.put(
                        partition.getKey(),
                        PartitionPosition.at(settings.fromEnd() ? range.end() : range.beginning(), standing.id()));
            }
            beginning.write(begun);
        }
        return begun;
    }

    /** Null where it goes on where it was left. */
    private Arrival.Mark mark(int number, PartitionPosition known, Range range, String id, Optional<Long> cut) {
        KafkaLog log = KafkaLog.of(known.log());
        if (log.isOfAnotherTopic(id)) {
            formerTopic = log.topic();
            return new Arrival.Mark(source, number, choose(range.beginning(), range.end()), id, true);
        }
        if (known.next() < range.beginning()) {
            gone.add(range(number, known.next(), range.beginning()));
            lost += range.beginning() - known.next();
            return new Arrival.Mark(source, number, choose(range.beginning(), range.end()), id, false);
        }
        long end = cut.isPresent() ? Math.min(cut.get(), range.end()) : Long.MAX_VALUE;
        if (end < known.next()) {
            shorter.add(range(number, end, known.next()));
            return new Arrival.Mark(source, number, choose(Math.max(end, range.beginning()), range.end()), id, true);
        }
        return log.topic().isEmpty() && !id.isEmpty()
                ? new Arrival.Mark(source, number, known.next(), id, false)
                : null;
    }

    private long choose(long earliest, long latest) {
        return settings.onReset() == KafkaSettings.OnReset.LATEST ? latest : earliest;
    }

    private String range(int number, long from, long to) {
        return from + " to " + to + " of " + settings.topic() + "-" + number;
    }

    private void tell(String id) {
        List<String> told = new ArrayList<>();
        if (!formerTopic.isEmpty()) {
            told.add("topic " + settings.topic() + " was made anew: its id was " + formerTopic + " and is " + id
                    + ", what was not read of the former one is lost");
        }
        if (!gone.isEmpty()) {
            told.add("records " + String.join(", ", gone) + " are gone: Kafka has deleted them, " + lost
                    + " that were not read");
        }
        if (!shorter.isEmpty()) {
            told.add("records " + String.join(", ", shorter)
                    + " have been read and are there no longer: their log was cut, and others may have their numbers");
        }
        for (String what : told) {
            listener.sourceError(
                    source, what + " (on-reset = " + settings.onReset().name().toLowerCase(Locale.ROOT) + ")");
        }
        if (!told.isEmpty() && settings.onReset() == KafkaSettings.OnReset.FAIL) {
            throw new GivenUp(new Refused(
                    Refused.Reason.VALIDATION,
                    "source " + source + ": " + String.join("; ", told)
                            + ": on-reset must be earliest or latest to go on"));
        }
    }
}
