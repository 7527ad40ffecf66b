package io.espalier.actors.program;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunActor;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobOrder;

/** A student's run whose actor is told what is wanted of it, even before the run has begun. */
abstract class PlacedRun implements StudentRun {
    final RunPlace place;

    /** @param place of the run, which closes it */
    PlacedRun(RunPlace place) {
        this.place = place;
    }

    @Override
    public final void drain() {
        place.run().tell(RunActor.Wish.DRAIN);
    }

    @Override
    public final void park() {
        place.run().tell(RunActor.Wish.PARK);
    }

    @Override
    public final void order(JobOrder order) {
        place.run().tell(new RunActor.Order(order));
    }
}
