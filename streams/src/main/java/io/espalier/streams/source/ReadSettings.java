package io.espalier.streams.source;

import io.espalier.gpu.Refused;

/**
 * How the records of files are read.
 *
 * @param textField field of a JSON line, or column of a Parquet file, that holds the text
 * @param maxLineBytes longest JSON line that is held in memory
 * @param skipNulls whether records whose text is null are passed over; else they are refused
 */
public record ReadSettings(String textField, int maxLineBytes, boolean skipNulls) {
    /** Refuses records whose text is null. */
    public ReadSettings(String textField, int maxLineBytes) {
        this(textField, maxLineBytes, false);
    }

    public ReadSettings {
        if (textField.isEmpty()) {
            throw new Refused(Refused.Reason.USAGE, "--text-field: must name a field");
        }
        if (maxLineBytes < 1) {
            throw Refused.usage("--max-line-mib", maxLineBytes, "must leave room for a line");
        }
    }
}
