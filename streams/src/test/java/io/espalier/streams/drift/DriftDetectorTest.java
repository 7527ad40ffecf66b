package io.espalier.streams.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.streams.drift.DriftDetector.Drift;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Few alarms where nothing changes, soon where something does, at the same price however long the stream. */
@Timeout(60)
class DriftDetectorTest {
    private static final int STATIONARY = 100_000;
    private static final double NOISE = 0.2;

    private static Adwin adwin() {
        return new Adwin(0.002, 2);
    }

    private static PageHinkley pageHinkley() {
        return new PageHinkley(0.1, 5, 30);
    }

    private static Stream<DynamicTest> each(java.util.function.BiConsumer<String, Supplier<DriftDetector>> test) {
        return Stream.of(
                DynamicTest.dynamicTest("ADWIN", () -> test.accept("ADWIN", DriftDetectorTest::adwin)),
                DynamicTest.dynamicTest(
                        "Page-Hinkley", () -> test.accept("Page-Hinkley", DriftDetectorTest::pageHinkley)));
    }

    @TestFactory
    Stream<DynamicTest> noiseAboutOneMeanGivesNextToNoAlarms() {
        return each((name, detectors) -> {
            for (int seed = 1; seed <= 3; seed++) {
                Random random = new Random(seed);
                DriftDetector detector = detectors.get();
                long alarms = IntStream.range(0, STATIONARY)
                        .filter(_ ->
                                detector.add(3 + NOISE * random.nextGaussian()).isPresent())
                        .count();
                assertThat(alarms)
                        .as(name + ", seed " + seed + ": false alarms in " + STATIONARY)
                        .isLessThanOrEqualTo(2);
                assertThat(detector.mean()).isCloseTo(3, within(0.02));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aShiftIsSeenSoonAndItsDirectionTold() {
        return each((name, detectors) -> {
            for (double shift : new double[] {0.5, 2, -0.5, -2}) {
                for (int seed = 1; seed <= 20; seed++) {
                    Random random = new Random(seed);
                    DriftDetector detector = detectors.get();
                    for (int i = 0; i < 300; i++) {
                        assertThat(detector.add(3 + NOISE * random.nextGaussian()))
                                .isEmpty();
                    }
                    int delay = 0;
                    Optional<Drift> drift = Optional.empty();
                    while (drift.isEmpty()) {
                        delay++;
                        drift = detector.add(3 + shift + NOISE * random.nextGaussian());
                    }
                    String what = name + ", shift " + shift + ", seed " + seed;
                    assertThat(delay).as(what).isLessThanOrEqualTo(Math.abs(shift) > 1 ? 15 : 60);
                    assertThat(drift.get().up()).as(what).isEqualTo(shift > 0);
                    assertThat(drift.get().before()).as(what).isCloseTo(3, within(0.2));
                    for (int i = 0; i < 300; i++) {
                        detector.add(3 + shift + NOISE * random.nextGaussian());
                    }
                    assertThat(detector.mean()).as(what).isCloseTo(3 + shift, within(0.1));
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aChangeBackIsAChange() {
        return each((name, detectors) -> {
            Random random = new Random(5);
            DriftDetector detector = detectors.get();
            int alarms = 0;
            for (int i = 0; i < 4000; i++) {
                double mean = i / 1000 % 2 == 0 ? 1 : 2;
                alarms += detector.add(mean + NOISE * random.nextGaussian()).isPresent() ? 1 : 0;
            }
            assertThat(alarms).as(name).isBetween(3, 6);
        });
    }

    @TestFactory
    Stream<DynamicTest> whatIsNoNumberIsRefused() {
        return each((_, detectors) ->
                assertThatThrownBy(() -> detectors.get().add(Double.NaN)).isInstanceOf(IllegalArgumentException.class));
    }

    @Test
    void aMillionNumbersTakeAHundredBuckets() {
        Adwin adwin = adwin();
        Random random = new Random(7);
        for (int i = 0; i < 1_000_000; i++) {
            adwin.add(1 + 0.01 * random.nextGaussian());
        }
        assertThat(adwin.width()).isGreaterThan(900_000);
        assertThat(adwin.buckets()).isLessThan(120);
    }
}
