package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;

/** Items that a filter makes one by one in Python: true though empty, without a length, and gone once gone over. */
final class Generated {
    private List<Object> items;

    Generated(List<Object> items) {
        this.items = items;
    }

    List<Object> take() {
        List<Object> taken = new ArrayList<>(items);
        items = List.of();
        return taken;
    }

    /** Takes out the first item; undefined where none is left. */
    Object next() {
        if (items.isEmpty()) {
            return new Undefined("the first item");
        }
        Object first = items.getFirst();
        items = items.subList(1, items.size());
        return first;
    }
}
