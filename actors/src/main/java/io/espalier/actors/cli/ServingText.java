package io.espalier.actors.cli;

/** What options that two commands share say of themselves. */
final class ServingText {
    static final String BATCH = "Rows that memory (KV cache) and latency are told for (default: ${DEFAULT-VALUE}).";
    static final String LENGTH =
            "Positions of each, at most the model's max_position_embeddings (default: ${DEFAULT-VALUE}).";

    private ServingText() {}
}
