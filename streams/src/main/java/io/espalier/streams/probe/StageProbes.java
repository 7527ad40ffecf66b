package io.espalier.streams.probe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** The probes of one graph, in the order of its stages. Thread-safe; one asker at a time gets sensible shares. */
public final class StageProbes {
    private final LongSupplier nanoTime;
    private final Map<String, StageProbe> probes = new LinkedHashMap<>();
    private final Map<String, StageProbe.Totals> before = new LinkedHashMap<>();
    private final Map<String, StageReading> last = new LinkedHashMap<>();

    /** @param nanoTime monotonic */
    public StageProbes(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The probe of a stage; the same each time it is asked for. */
    public synchronized StageProbe stage(String name) {
        return probes.computeIfAbsent(name, known -> new StageProbe(known, nanoTime));
    }

    /**
     * Reads the time that each stage has spent in each state since the last snapshot; a caller that asks once a second
     * gets the last second.
     */
    public synchronized List<StageReading> snapshot() {
        List<StageReading> readings = new ArrayList<>();
        for (StageProbe probe : probes.values()) {
            readings.add(read(probe));
        }
        return List.copyOf(readings);
    }

    private StageReading read(StageProbe probe) {
        StageProbe.Totals now = probe.totals();
        StageProbe.Totals then = before.getOrDefault(probe.name(), StageProbe.Totals.NOTHING);
        long busy = now.busy() - then.busy();
        long idle = now.idle() - then.idle();
        long backPressured = now.backPressured() - then.backPressured();
        double all = (double) busy + idle + backPressured;
        if (all <= 0) {
            return last.getOrDefault(probe.name(), new StageReading(probe.name(), 0, 1, 0, now.elements()));
        }
        StageReading reading =
                new StageReading(probe.name(), busy / all, idle / all, backPressured / all, now.elements());
        before.put(probe.name(), now);
        last.put(probe.name(), reading);
        return reading;
    }
}
