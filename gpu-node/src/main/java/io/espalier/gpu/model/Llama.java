package io.espalier.gpu.model;

/** Llama 2 and 3, and what is built like them. */
final class Llama extends DenseFamily {
    Llama() {
        super("llama", new Gguf("llama", true, config -> java.util.Map.of()));
    }

    @Override
    public boolean headsDivideWidth() {
        return true;
    }
}
