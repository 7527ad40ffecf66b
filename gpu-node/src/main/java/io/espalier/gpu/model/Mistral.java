package io.espalier.gpu.model;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Mistral 7B and its successors: a window over all layers, where config.json has one. */
final class Mistral extends DenseFamily {
    /** The window that the published code takes where config.json names none. */
    private static final int DEFAULT_WINDOW = 4096;

    Mistral() {
        super("mistral", new Gguf("llama", true, config -> Map.of()));
    }

    /** Its published code does not look at layer_types. */
    @Override
    List<String> kinds(ConfigFields c, int layers) {
        return IntStream.range(0, layers).mapToObj(i -> kind(c, i)).toList();
    }

    @Override
    boolean biased(ConfigFields c) {
        return false;
    }

    @Override
    Integer window(ConfigFields c) {
        return c.slidingWindow(DEFAULT_WINDOW);
    }
}
