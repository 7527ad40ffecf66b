package io.espalier.streams.source;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Compared;
import io.espalier.gpu.Compared.When;
import io.espalier.gpu.Refused;
import java.util.Locale;

/**
 * The way in which records of files are read.
 *
 * @param textField field of a JSON line, or column of a Parquet file, that holds the text
 * @param maxLineBytes longest JSON line that is held in memory
 * @param nullText whether records whose text is null are passed over or refused
 */
public record ReadSettings(
        @Compared(When.ON_STORED_TEXT) String textField,
        @Compared(When.NEVER) int maxLineBytes,
        @Compared(When.ON_STORED_TEXT) NullText nullText) {
    /** The ways to treat a record whose text is null. */
    public enum NullText {
        SKIP,
        REFUSE;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Refuses records whose text is null. */
    public ReadSettings(String textField, int maxLineBytes) {
        this(textField, maxLineBytes, NullText.REFUSE);
    }

    boolean skipNulls() {
        return nullText == NullText.SKIP;
    }

    public ReadSettings {
        if (textField.isEmpty()) {
            throw new Refused(Refused.Reason.USAGE, setting("text-field") + ": must name a field");
        }
        if (maxLineBytes < 1) {
            throw Refused.usage("max-line-mib", maxLineBytes, "must leave room for a line");
        }
    }
}
