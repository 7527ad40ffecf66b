package io.espalier.streams.tasks;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Python's {@code random.Random} of an integer: the Mersenne Twister MT19937, seeded by {@code init_by_array}, and the way in
 * which {@code sample} draws from it.
 */
final class PythonRandom {
    private static final int SIZE = 624;
    private static final int MIDDLE = 397;
    private static final int ARRAY_SEED = 19_650_218;
    /** The largest population of which {@code sample} keeps a copy; of a larger one it keeps a set of the drawn places. */
    private static final int SET_SIZE = 21;

    private static final int SMALL_SAMPLE = 5;

    private final int[] state = new int[SIZE];
    private int next = SIZE;

    PythonRandom(long seed) {
        long magnitude = Math.abs(seed);
        int[] key = magnitude >>> Integer.SIZE == 0
                ? new int[] {(int) magnitude}
                : new int[] {(int) magnitude, (int) (magnitude >>> Integer.SIZE)};
        state[0] = ARRAY_SEED;
        for (int i = 1; i < SIZE; i++) {
            state[i] = 1_812_433_253 * mixed(i - 1) + i;
        }
        int i = 1;
        int j = 0;
        for (int k = 0; k < SIZE; k++) {
            state[i] = (state[i] ^ (mixed(i - 1) * 1_664_525)) + key[j] + j;
            i = following(i);
            j = (j + 1) % key.length;
        }
        for (int k = 0; k < SIZE - 1; k++) {
            state[i] = (state[i] ^ (mixed(i - 1) * 1_566_083_941)) - i;
            i = following(i);
        }
        state[0] = 0x80000000;
    }

    private int mixed(int i) {
        return state[i] ^ (state[i] >>> 30);
    }

    private int following(int i) {
        if (i + 1 < SIZE) {
            return i + 1;
        }
        state[0] = state[SIZE - 1];
        return 1;
    }

    /** The next 32 bits. */
    private int bits() {
        if (next == SIZE) {
            for (int i = 0; i < SIZE; i++) {
                int y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
                state[i] = state[(i + MIDDLE) % SIZE] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
            }
            next = 0;
        }
        int y = state[next++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9d2c5680;
        y ^= (y << 15) & 0xefc60000;
        return y ^ (y >>> 18);
    }

    /** A number in [0, bound), each as likely. */
    private int below(int bound) {
        int width = Integer.SIZE - Integer.numberOfLeadingZeros(bound);
        int drawn = bits() >>> (Integer.SIZE - width);
        while (drawn >= bound) {
            drawn = bits() >>> (Integer.SIZE - width);
        }
        return drawn;
    }

    /** Different elements in the order in which they are drawn; {@code count} is at most the population's size. */
    <T> List<T> sample(List<T> population, int count) {
        int size = population.size();
        if (count > size) {
            throw new IllegalArgumentException(count + " of " + size);
        }
        int setSize = SET_SIZE;
        if (count > SMALL_SAMPLE) {
            setSize += (int) Math.pow(4, Math.ceil(Math.log(count * 3.0) / Math.log(4)));
        }
        List<T> drawn = new ArrayList<>();
        if (size <= setSize) {
            List<T> pool = new ArrayList<>(population);
            for (int i = 0; i < count; i++) {
                int j = below(size - i);
                drawn.add(pool.get(j));
                pool.set(j, pool.get(size - i - 1));
            }
            return drawn;
        }
        Set<Integer> taken = new HashSet<>();
        while (drawn.size() < count) {
            int j = below(size);
            if (taken.add(j)) {
                drawn.add(population.get(j));
            }
        }
        return drawn;
    }
}
