package io.espalier.streams.chat;

import java.util.List;

/** The state of a loop, which its body sees as {@code loop}. The loop itself moves it on. */
final class LoopState {
    private final List<Object> items;
    private int at = -1;
    private List<Object> last;

    LoopState(List<Object> items) {
        this.items = items;
    }

    void next() {
        at++;
    }

    Object attribute(String name) {
        long size = items.size();
        return switch (name) {
            case "index" -> at + 1L;
            case "index0" -> (long) at;
            case "revindex" -> size - at;
            case "revindex0" -> size - at - 1;
            case "first" -> at == 0;
            case "last" -> at == size - 1;
            case "length" -> size;
            // A loop would be deeper where it is recursive, and recursive loops are refused.
            case "depth" -> 1L;
            case "depth0" -> 0L;
            case "previtem" -> at > 0 ? items.get(at - 1) : new Undefined("loop.previtem");
            case "nextitem" -> at < size - 1 ? items.get(at + 1) : new Undefined("loop.nextitem");
            case "cycle" -> (Function) (values, _) -> cycle(values);
            case "changed" -> (Function) (values, _) -> changed(values);
            default -> new Undefined("loop." + name);
        };
    }

    private Object cycle(List<Object> values) {
        if (values.isEmpty()) {
            throw new TemplateException("'loop.cycle' lacks an argument");
        }
        return values.get(at % values.size());
    }

    private boolean changed(List<Object> values) {
        boolean changed = last == null || !Values.equal(last, values);
        last = values;
        return changed;
    }
}
