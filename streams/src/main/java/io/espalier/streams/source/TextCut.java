package io.espalier.streams.source;

/**
 * Places where a long text can be cut so that most tokenizers give the pieces the ids that they give the whole: before a
 * single space between two letters; or else after a line break before a letter, which suits fewer of them.
 */
public final class TextCut {
    /** Characters of a piece: long enough that cutting costs nothing, short enough that memory does not tell. */
    public static final int PIECE = 1 << 17;

    private TextCut() {}

    /** The last such place in (from, to); -1 where there is none. A letter stands at the place or behind its space. */
    public static int last(CharSequence text, int from, int to) {
        int end = Math.min(to, text.length() - 1);
        for (int i = end - 1; i > from; i--) {
            if (text.charAt(i) == ' ' && letter(text, i - 1) && letter(text, i + 1)) {
                return i;
            }
        }
        for (int i = end - 1; i > from + 1; i--) {
            if (text.charAt(i - 1) == '\n' && !Character.isWhitespace(text.charAt(i - 2)) && letter(text, i)) {
                return i;
            }
        }
        return -1;
    }

    private static boolean letter(CharSequence text, int at) {
        return Character.isLetter(text.charAt(at));
    }
}
