package io.espalier.actors.daemon;

import io.espalier.streams.batch.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * Texts of a few tokens, no two alike, that fill batches to the last token, and the order in which they are sent:
 * about each fifth of them twice.
 *
 * @param ids of all texts, with an end after each
 * @param order numbers of texts
 */
record ShortRecords(List<String> texts, long ids, List<Integer> order) {
    static final int MOST_TOKENS = 16;

    private static final int LEAST_TOKENS = 8;
    private static final int SENT_TWICE = 5;
    /** Records after the first within which a text comes again. */
    private static final int MOST_APART = 20_000;
    /** Texts that come for the first time: nothing is left to be taken in once the last batch is full. */
    private static final int SENT_LAST = 30;

    private record Sent(int text, int at) {}

    /**
     * Makes texts.
     *
     * @param count of them; there are as many more as fill the last batch
     * @param batchIds ids of a batch
     */
    static ShortRecords make(Tokenizer tokenizer, int count, int batchIds, Random random) {
        List<String> texts = new ArrayList<>();
        long ids = 0;
        while (texts.size() < count) {
            int tokens = LEAST_TOKENS + random.nextInt(MOST_TOKENS - LEAST_TOKENS + 1);
            texts.add(text(tokenizer, texts.size(), tokens, random));
            ids += tokens + 1;
        }
        // The first id of all is no target, and so is in no batch but the first.
        int missing = Math.floorMod(1 - ids, batchIds);
        missing += missing <= LEAST_TOKENS ? batchIds : 0;
        ids += missing;
        for (int left = Math.ceilDiv(missing, MOST_TOKENS + 1); left > 0; left--) {
            int part = missing / left;
            missing -= part;
            texts.add(text(tokenizer, texts.size(), part - 1, random));
        }
        return new ShortRecords(texts, ids, order(texts.size(), random));
    }

    /** Begins with its number; so many tokens. */
    private static String text(Tokenizer tokenizer, int number, int tokens, Random random) {
        StringBuilder text = new StringBuilder();
        int has = Integer.MAX_VALUE;
        while (has != tokens) {
            if (has > tokens) {
                text.setLength(0);
                text.append(number);
                has = tokenizer.encode(text.toString()).length;
            }
            for (; has < tokens; has++) {
                text.append((char) ('a' + random.nextInt(26)));
            }
            // Letters that are one token together leave room for more.
            has = tokenizer.encode(text.toString()).length;
        }
        return text.toString();
    }

    private static List<Integer> order(int texts, Random random) {
        List<Sent> all = new ArrayList<>();
        int apart = Math.min(MOST_APART, texts / 4);
        for (int text = 0; text < texts; text++) {
            all.add(new Sent(text, text));
            int again = text + 1 + random.nextInt(apart);
            if (text % SENT_TWICE == 0 && again < texts - SENT_LAST) {
                all.add(new Sent(text, again));
            }
        }
        all.sort(Comparator.comparingInt(Sent::at));
        return all.stream().map(Sent::text).toList();
    }

    /** A part of the order, of so many that are about as long. */
    List<Integer> part(int number, int of) {
        return order.subList(
                Math.toIntExact((long) order.size() * number / of),
                Math.toIntExact((long) order.size() * (number + 1) / of));
    }
}
