package io.espalier.actors.cli;

/** The descriptions of options that two commands share. */
final class ServingText {
    static final String BATCH = "Rows that memory (KV cache) and latency are told for (default: ${DEFAULT-VALUE}).";
    static final String LENGTH =
            "Positions of each, at most the model's max_position_embeddings (default: ${DEFAULT-VALUE}).";

    private ServingText() {}
}
