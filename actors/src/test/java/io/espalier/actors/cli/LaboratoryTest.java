package io.espalier.actors.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Runs a measurement of the {@link Laboratory} when asked to: {@code mvn -pl actors -am test -Dtest=LaboratoryTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Despalier.laboratory="transport --sizes-kib 1024,8192"}.
 */
@EnabledIfSystemProperty(named = LaboratoryTest.ASKED, matches = ".+")
class LaboratoryTest {
    static final String ASKED = "espalier.laboratory";

    @Test
    void whatIsAskedForIsMeasured() {
        assertThat(Laboratory.line().execute(System.getProperty(ASKED).strip().split(" +", -1)))
                .isZero();
    }
}
