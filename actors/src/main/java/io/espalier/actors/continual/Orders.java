package io.espalier.actors.continual;

import io.espalier.actors.protocol.JobOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The orders of operators that wait until a step has time for them. An operation that has been given before, even to an
 * earlier process that told its outcome, is not carried out again. Belongs to the run's actor; outcomes may be told by
 * any thread.
 */
final class Orders {
    private static final int MAX_WAITING = 16;
    private static final int MAX_REMEMBERED = 10_000;

    private final EventLog events;
    private final Deque<JobOrder> waiting = new ArrayDeque<>();
    private final Set<String> known;
    private boolean closed;

    Orders(EventLog events) {
        this.events = events;
        this.known = new LinkedHashSet<>(events.settled());
    }

    /** Whether the operation is new; it then has to be {@link #add}ed or told. */
    boolean isNew(JobOrder order) {
        if (!known.add(order.operation())) {
            return false;
        }
        if (known.size() > MAX_REMEMBERED) {
            known.remove(known.iterator().next());
        }
        return true;
    }

    void add(JobOrder order, long step) {
        if (closed) {
            failed(order.operation(), step, "the run is ending");
        } else if (waiting.size() == MAX_WAITING) {
            failed(order.operation(), step, MAX_WAITING + " orders wait already");
        } else {
            waiting.add(order);
        }
    }

    List<JobOrder> take() {
        List<JobOrder> taken = new ArrayList<>(waiting);
        waiting.clear();
        return taken;
    }

    /** Takes those that wait where none of them changes what a checkpoint holds that was taken already; else none. */
    List<JobOrder> takeHarmless() {
        boolean all = waiting.stream().allMatch(order -> switch (order) {
            case JobOrder.Tune _, JobOrder.Checkpoint _ -> true;
            case JobOrder.Rollback _, JobOrder.SwapTeacher _ -> false;
        });
        return all ? take() : List.of();
    }

    /** Fails the orders that wait, and every one that comes later. */
    void close(long step) {
        closed = true;
        take().forEach(order -> failed(order.operation(), step, "the run has ended before it"));
    }

    void done(String operation, long step, String what) {
        events.add(EventKind.ORDER_DONE, step, what, line -> line.put("operation", operation));
    }

    void failed(String operation, long step, String why) {
        events.add(
                EventKind.ORDER_FAILED, step, "an order has failed: " + why, line -> line.put("operation", operation));
    }
}
