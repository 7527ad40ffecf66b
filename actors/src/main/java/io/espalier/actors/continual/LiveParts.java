package io.espalier.actors.continual;

import io.espalier.actors.continual.Publisher.Committed;
import io.espalier.actors.job.RunActor;
import java.nio.file.Path;
import java.util.function.DoubleConsumer;
import java.util.function.ObjDoubleConsumer;
import java.util.function.Supplier;

/**
 * The parts of a run on live text, besides its ranks.
 *
 * @param replayShare sets the share of replayed rows; refuses what cannot be
 * @param everySecond is given what the run is doing, and for how many seconds the student has waited for a batch
 * @param resumed checkpoint that the run goes on from; null where it begins
 * @param lastCommitted the newest checkpoint that is part of the run's history
 */
record LiveParts(
        EventLog events,
        LiveLog log,
        DriftWatch drift,
        Orders orders,
        Referee referee,
        Versions versions,
        Publisher publisher,
        TunableRate rate,
        DoubleConsumer replayShare,
        TeacherSwaps swaps,
        ObjDoubleConsumer<RunActor.Phase> everySecond,
        Path resumed,
        Supplier<Committed> lastCommitted) {
    Committed committed() {
        return lastCommitted.get();
    }
}
