package io.espalier.streams.chat;

import java.util.AbstractList;
import java.util.List;

/** The items, keys or values of a map as Python shows them: gone over like a list, written under the view's name. */
final class View extends AbstractList<Object> {
    private final String name;
    private final List<Object> items;

    View(String name, List<Object> items) {
        this.name = name;
        this.items = items;
    }

    String name() {
        return name;
    }

    List<Object> items() {
        return items;
    }

    @Override
    public Object get(int index) {
        return items.get(index);
    }

    @Override
    public int size() {
        return items.size();
    }
}
