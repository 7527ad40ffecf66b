package io.espalier.actors.continual;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.continual.PairedGate.Decision;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A candidate passes if it is shown to be better in all and no worse anywhere; noise alone shows nothing. */
class PairedGateTest {
    private static final GateSettings SETTINGS = new GateSettings(1, 0.95, 1000, 0.05, 0.01, 0, 3, 3, 0.2, 0.5, 3);
    private static final int ROWS = 60;

    private final PairedGate gate = new PairedGate(SETTINGS);
    private final Random random = new Random(3);
    /** Rows differ among each other much more than models do on one row. */
    private final Map<String, double[]> reference = Map.of("tales", rows(), "ledgers", rows());

    private double[] rows() {
        return random.doubles(ROWS, 0.2, 3).toArray();
    }

    private Map<String, double[]> candidate(double tales, double ledgers) {
        Map<String, double[]> candidate = new LinkedHashMap<>();
        candidate.put("tales", changed(reference.get("tales"), tales));
        candidate.put("ledgers", changed(reference.get("ledgers"), ledgers));
        return candidate;
    }

    private double[] changed(double[] rows, double by) {
        double[] changed = rows.clone();
        for (int i = 0; i < rows.length; i++) {
            changed[i] += by + 0.02 * random.nextGaussian();
        }
        return changed;
    }

    @Test
    void aSmallGainThatRowsAgreeAboutPasses() {
        Decision decision = gate.decide(candidate(-0.02, -0.02), reference, false, 1);
        assertThat(decision).isInstanceOf(Decision.Pass.class);
        assertThat(((Decision.Pass) decision).all().high()).isNegative();
    }

    @Test
    void aLossInOneDomainKeepsItHoweverMuchIsWonElsewhere() {
        Decision decision = gate.decide(candidate(-0.5, 0.2), reference, false, 1);
        assertThat(decision).isInstanceOfSatisfying(Decision.Keep.class, keep -> {
            assertThat(keep.domain()).isEqualTo("ledgers");
            assertThat(keep.found().low()).isLessThan(0.2).isGreaterThan(0.15);
            assertThat(keep.why()).contains("ledgers").contains("must be +0.0");
        });
    }

    @Test
    void noChangeIsEnoughForTheFirstAloneAndNotForAnother() {
        assertThat(gate.decide(candidate(0, 0), reference, true, 1)).isInstanceOf(Decision.Pass.class);
        assertThat(gate.decide(candidate(0.001, 0), reference, false, 1))
                .isInstanceOfSatisfying(
                        Decision.Keep.class, keep -> assertThat(keep.domain()).isEqualTo("all"));
        assertThat(gate.decide(candidate(0.5, 0.5), reference, true, 1)).isInstanceOf(Decision.Keep.class);
    }

    @Test
    void noiseAloneIsSeldomPublished() {
        int published = 0;
        for (int i = 0; i < 200; i++) {
            published += gate.decide(candidate(0, 0), reference, false, i) instanceof Decision.Pass ? 1 : 0;
        }
        assertThat(published)
                .as("of 200, at a confidence of 95 % from both sides")
                .isLessThanOrEqualTo(14);
    }

    @Test
    void whatIsNoNumberIsKept() {
        Map<String, double[]> broken = candidate(-0.5, -0.5);
        broken.get("tales")[7] = Double.NaN;
        assertThat(gate.decide(broken, reference, true, 1)).isInstanceOf(Decision.Keep.class);
    }
}
