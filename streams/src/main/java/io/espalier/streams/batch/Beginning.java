package io.espalier.streams.batch;

/** The ids that text begins with: a tokenizer may put some before it, such as that of the beginning of a text. */
public enum Beginning {
    /** The ids that the tokenizer's post-processor puts first, and then those of the text. */
    TOKENIZER,
    /** The ids of the text alone. */
    NEVER
}
