package io.espalier.streams.live;

import java.util.SplittableRandom;

/**
 * Text of made-up words, in which each word is followed by one of a few: there is something to learn in it. The words
 * and what follows them depend on the domain's name and the seed.
 */
final class WordDomain implements TextDomain {
    /** The step of SplittableRandom: a seed this much further gives its next number. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private static final String[] ONSETS = {"b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"};
    private static final String[] VOWELS = {"a", "e", "i", "o", "u"};
    private static final int FOLLOWERS = 4;
    private static final int SENTENCE = 8;

    private final String[] words;
    private final int[][] followers;
    private final long seed;
    private final int length;

    /**
     * @param words distinct ones
     * @param length words of a record
     */
    WordDomain(String name, int words, int length, long seed) {
        this.seed = seed ^ KeyWindow.hash(name);
        this.length = length;
        SplittableRandom random = new SplittableRandom(this.seed);
        this.words = new String[words];
        this.followers = new int[words][FOLLOWERS];
        for (int i = 0; i < words; i++) {
            this.words[i] = spelt(i, random);
            for (int f = 0; f < FOLLOWERS; f++) {
                followers[i][f] = random.nextInt(words);
            }
        }
    }

    /** The number in syllables, after one drawn: no two words are alike. */
    private static String spelt(int number, SplittableRandom random) {
        StringBuilder word = new StringBuilder(ONSETS[random.nextInt(ONSETS.length)]).append(VOWELS[0]);
        int syllables = ONSETS.length * VOWELS.length;
        for (int left = number; left >= 0; left = left / syllables - 1) {
            word.append(ONSETS[left % ONSETS.length]).append(VOWELS[left / ONSETS.length % VOWELS.length]);
        }
        return word.toString();
    }

    @Override
    public String record(long ordinal) {
        SplittableRandom random = new SplittableRandom(seed + GOLDEN_GAMMA * (ordinal + 1));
        StringBuilder text = new StringBuilder();
        int word = random.nextInt(words.length);
        for (int i = 0; i < length; i++) {
            text.append(i == 0 ? "" : i % SENTENCE == 0 ? ". " : " ").append(words[word]);
            word = followers[word][random.nextInt(FOLLOWERS)];
        }
        return text.append('.').toString();
    }

    @Override
    public void close() {}
}
