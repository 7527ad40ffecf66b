package io.espalier.streams.tasks;

import io.espalier.gpu.Refused;
import java.util.List;

/** Solved examples for one item after another, drawn as lm-eval draws them: each draw depends on those before it. */
final class Shots {
    private final Task task;
    private final int count;
    private final List<TaskRow> pool;
    private final PythonRandom random;

    /**
     * Examples of a task.
     *
     * @param count before each item
     * @param where the examples lie, as messages name it
     */
    Shots(Task task, int count, List<TaskRow> pool, long seed, String where) {
        this.task = task;
        this.count = count;
        this.pool = pool;
        this.random = new PythonRandom(seed);
        int needed = count > 0 && task.leavesItselfOut() ? count + 1 : count;
        if (pool.size() < needed) {
            throw Refused.invalid(
                    where,
                    "rows",
                    pool.size(),
                    "must be at least " + needed + " for " + Refused.setting("shots") + " " + count);
        }
    }

    /** The text of the examples before an item. */
    String before(Item item) {
        StringBuilder text = new StringBuilder();
        for (TaskRow row : draw(item)) {
            text.append(task.item(row).solved());
        }
        return text.toString();
    }

    private List<TaskRow> draw(Item item) {
        if (count == 0) {
            return List.of();
        }
        if (task == Task.MMLU) {
            return pool.subList(0, count);
        }
        if (!task.leavesItselfOut()) {
            return random.sample(pool, count);
        }
        List<TaskRow> others = others(random.sample(pool, count + 1), item);
        if (others.size() >= count) {
            return others.subList(0, count);
        }
        List<TaskRow> all = others(pool, item);
        if (all.size() < count) {
            throw Refused.invalid(
                    item.row().where(), "copies of the row", pool.size() - all.size(), "leave too few shots");
        }
        return random.sample(all, count);
    }

    private static List<TaskRow> others(List<TaskRow> rows, Item item) {
        return rows.stream()
                .filter(row -> !row.json().equals(item.row().json()))
                .toList();
    }
}
