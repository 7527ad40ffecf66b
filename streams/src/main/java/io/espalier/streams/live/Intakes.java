package io.espalier.streams.live;

import io.espalier.gpu.batch.Provenance;
import io.espalier.streams.batch.Packer;
import io.espalier.streams.batch.Row;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Takes in arrivals in their order: duplicates and dead ones are counted, the others packed. A position of it is after
 * the last arrival and the last row. Used by one thread; the intakes themselves tell any.
 */
final class Intakes {
    private final Map<String, Intake> sources;
    private final Packer packer;
    private final DeadLetterSettings settings;
    private final DeadLetterFile deadLetters;
    private final DeadShare deadShare;
    private final LiveListener listener;

    /**
     * @param sources by name
     * @param packer at their position
     */
    Intakes(
            Map<String, Intake> sources,
            Packer packer,
            DeadLetterSettings settings,
            DeadLetterFile deadLetters,
            LiveListener listener) {
        this.sources = sources;
        this.packer = packer;
        this.settings = settings;
        this.deadLetters = deadLetters;
        this.deadShare = new DeadShare(settings);
        this.listener = listener;
    }

    void add(Decoded decoded) {
        Intake source = sources.get(decoded.arrival().source());
        source.moveTo(decoded.arrival());
        switch (decoded) {
            case Decoded.Nothing _ -> {}
            case Decoded.Text text -> {
                if (!isDuplicate(source, text.arrival())) {
                    source.learnt(text.arrival().key());
                    packer.append(text.ids(), text.provenance());
                    deadShare.isTooMuch(false);
                }
            }
            // The record's key stays free: its sender may send it again as it should be.
            case Decoded.Dead dead -> {
                if (!isDuplicate(source, dead.arrival())) {
                    source.died(dead.arrival().records());
                    bury(dead);
                }
            }
        }
    }

    private boolean isDuplicate(Intake source, Arrival.Item item) {
        boolean isDuplicate = source.isDuplicate(item.key());
        if (isDuplicate) {
            listener.duplicate(provenance(item), item.key().toString());
        }
        return isDuplicate;
    }

    private static Provenance provenance(Arrival.Item item) {
        return new Provenance(item.source(), item.partition(), item.offset(), item.next());
    }

    private void bury(Decoded.Dead dead) {
        Arrival.Item item = dead.arrival();
        DeadLetter letter = new DeadLetter(
                provenance(item),
                item.key() == null ? null : item.key().toString(),
                item.time(),
                item.where(),
                dead.reason(),
                excerpt(item.bytes()));
        deadLetters.add(letter);
        listener.deadLetter(letter);
        if (deadShare.isTooMuch(true)) {
            listener.tooManyDeadLetters("more than " + settings.maxShare() * 100 + " % of the last "
                    + settings.window() + " records are dead letters, the last of them " + item.where() + ": "
                    + dead.reason());
        }
    }

    /** UTF-8 has at most four bytes to a character. */
    private String excerpt(byte[] bytes) {
        String text = new String(bytes, 0, Math.min(bytes.length, 4 * settings.excerpt()), StandardCharsets.UTF_8);
        return text.length() <= settings.excerpt() ? text : text.substring(0, settings.excerpt());
    }

    /** The next row that is full; null where more has to arrive first. */
    Row next() {
        return packer.next();
    }

    LivePosition position(ReplayPosition replay) {
        SortedMap<String, LivePosition.SourcePosition> positions = new TreeMap<>();
        sources.forEach((name, source) -> positions.put(name, source.position()));
        return new LivePosition(positions, packer.rest(), replay);
    }
}
