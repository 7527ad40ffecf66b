package io.espalier.actors.continual;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GateSettingsTest {
    private static final double FACTOR = 3;
    private static final double ABOVE = 0.2;
    private static final GateSettings SETTINGS =
            new GateSettings(1, 0.95, 1000, 0.05, 0.01, 0, 3, FACTOR, ABOVE, 0.5, 3);

    @Test
    void aStudentNearItsTeacherMayLoseManyTimesItsKlBeforeItHasCollapsed() {
        assertThat(SETTINGS.collapseKl(0.007)).isEqualTo(ABOVE);
    }

    @Test
    void aStudentFarFromItsTeacherHasCollapsedAtAMultipleOfWhatItWas() {
        assertThat(SETTINGS.collapseKl(0.5)).isEqualTo(FACTOR * 0.5);
    }
}
