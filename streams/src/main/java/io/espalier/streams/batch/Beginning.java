package io.espalier.streams.batch;

/** Whether text begins with the ids that its tokenizer puts there, such as that of the beginning of a text. */
public enum Beginning {
    /** As its post-processor has it. */
    TOKENIZER,
    /** The ids of the text alone. */
    NEVER
}
