package io.espalier.streams.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The last keys and no others, whatever the window's size, also when it is taken up again. */
class KeyWindowTest {
    @Test
    void itHoldsTheLastKeysInTheirOrder() {
        long seed = 4;
        for (int capacity : new int[] {1, 7, 1023, 1024, 1025, 3000}) {
            Random random = new Random(seed);
            KeyWindow window = new KeyWindow(capacity, SeenKeys.NONE);
            Deque<Long> expected = new ArrayDeque<>();
            for (int i = 0; i < 9000; i++) {
                long key = random.nextLong(4L * capacity);
                boolean isNew = !expected.contains(key);
                assertThat(window.add(key))
                        .as("seed %d, key %d of %d", seed, i, capacity)
                        .isEqualTo(isNew);
                if (isNew) {
                    expected.add(key);
                }
                if (expected.size() > capacity) {
                    expected.poll();
                }
                if (i % 1009 == 0) {
                    window = new KeyWindow(capacity, SeenKeys.of(window.keys().hashes()));
                }
            }
            assertThat(window.keys().hashes())
                    .isEqualTo(expected.stream().mapToLong(Long::longValue).toArray());
        }
    }

    @Test
    void whatWasTakenOfItStaysAsItWas() {
        KeyWindow window = new KeyWindow(2000, SeenKeys.NONE);
        LongStream.range(0, 1500).forEach(window::add);
        SeenKeys taken = window.keys();
        LongStream.range(1500, 9000).forEach(window::add);
        assertThat(taken.hashes()).isEqualTo(LongStream.range(0, 1500).toArray());
        assertThat(window.keys().hashes())
                .isEqualTo(LongStream.range(7000, 9000).toArray());
    }

    @Test
    void aWindowOfNoneDropsNothing() {
        KeyWindow window = new KeyWindow(0, SeenKeys.of(new long[] {5}));
        assertThat(window.add(5)).isTrue();
        assertThat(window.add(5)).isTrue();
    }
}
