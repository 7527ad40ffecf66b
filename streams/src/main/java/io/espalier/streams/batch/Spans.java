package io.espalier.streams.batch;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.Arrays;

/**
 * Ids of a text, and which of its characters each stands for. A tokenizer may leave blanks out of an id's span, and two
 * ids may share a character.
 *
 * @param ids of the text
 * @param starts the first character of each
 * @param ends the first character behind each
 */
record Spans(int[] ids, int[] starts, int[] ends) {
    static Spans of(String text, Encoding encoding) {
        long[] wide = encoding.getIds();
        CharSpan[] spans = encoding.getCharTokenSpans();
        int[] places = places(text);
        int[] ids = new int[wide.length];
        int[] starts = new int[wide.length];
        int[] ends = new int[wide.length];
        for (int i = 0; i < wide.length; i++) {
            ids[i] = Math.toIntExact(wide[i]);
            int before = i == 0 ? 0 : ends[i - 1];
            starts[i] = spans[i] == null ? before : places[spans[i].getStart()];
            ends[i] = spans[i] == null ? before : places[spans[i].getEnd()];
        }
        return new Spans(ids, starts, ends);
    }

    /** The tokenizer counts code points. */
    private static int[] places(String text) {
        int[] places = new int[text.codePointCount(0, text.length()) + 1];
        for (int i = 0, at = 0; i < places.length; i++) {
            places[i] = at;
            at += at < text.length() ? Character.charCount(text.codePointAt(at)) : 0;
        }
        return places;
    }

    /** The first id that reaches beyond a character. */
    int first(int from) {
        int i = 0;
        while (i < ids.length && ends[i] <= from) {
            i++;
        }
        return i;
    }

    /** The number behind the last id that begins before a character. */
    int end(int to) {
        int i = ids.length;
        while (i > 0 && (starts[i - 1] == ends[i - 1] ? ends[i - 1] > to : starts[i - 1] >= to)) {
            i--;
        }
        return i;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Spans spans
                && Arrays.equals(ids, spans.ids)
                && Arrays.equals(starts, spans.starts)
                && Arrays.equals(ends, spans.ends);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ids);
    }
}
