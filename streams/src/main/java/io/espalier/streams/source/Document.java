package io.espalier.streams.source;

import io.espalier.gpu.batch.Provenance;
import java.util.List;
import java.util.Map;

/** A record, whole, and the place that it came from. */
public sealed interface Document {
    Provenance provenance();

    /** File and record, counted from 1 as lines are. */
    default String where() {
        return provenance().source() + ":" + (provenance().from() + 1);
    }

    /** About how many bytes of its file it takes. */
    long length();

    /** The part of a document that a piece is: a long document is given in several pieces. */
    enum Part {
        WHOLE,
        FIRST,
        MIDDLE,
        LAST;

        static Part of(boolean first, boolean last) {
            return first ? (last ? WHOLE : FIRST) : last ? LAST : MIDDLE;
        }

        /** Whether a piece of the same document came before. */
        public boolean continues() {
            return this == MIDDLE || this == LAST;
        }

        /** Whether the document ends with this part. */
        public boolean ends() {
            return this == WHOLE || this == LAST;
        }
    }

    /** Whether the document ends with this piece of it. */
    default boolean ends() {
        return true;
    }

    /** Whether a piece of the same document came before. */
    default boolean continues() {
        return false;
    }

    /** A text, or a part of one. */
    record Text(String text, Part part, Provenance provenance) implements Document {
        /** A whole text. */
        public Text(String text, Provenance provenance) {
            this(text, Part.WHOLE, provenance);
        }

        @Override
        public boolean ends() {
            return part.ends();
        }

        @Override
        public boolean continues() {
            return part.continues();
        }

        @Override
        public long length() {
            return text.length();
        }
    }

    /**
     * Tokens that were made before, packed as they are.
     *
     * @param idBytes bytes of one id on disk
     */
    record Ids(int[] ids, int idBytes, Provenance provenance) implements Document {
        @Override
        public long length() {
            return (long) ids.length * idBytes;
        }
    }

    /**
     * A conversation.
     *
     * @param messages each with a role and what else the chat template reads, as JSON says it
     * @param learntFrom the first message that may count: those before it are a prompt
     * @param tools what the record offers the assistant; null where it says nothing
     * @param variables what the record hands its template beside
     * @param length of the record's line
     */
    record Chat(
            List<Map<String, Object>> messages,
            int learntFrom,
            List<Object> tools,
            Map<String, Object> variables,
            long length,
            Provenance provenance)
            implements Document {}

    /** A prompt and its answer, written as they are, of which the answer alone counts. */
    record Answered(String prompt, String answer, Provenance provenance) implements Document {
        @Override
        public long length() {
            return (long) prompt.length() + answer.length();
        }
    }
}
