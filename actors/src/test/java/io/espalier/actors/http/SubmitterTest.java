package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Only the daemon's own token proves that a submitter is the user that the daemon runs as. */
class SubmitterTest {
    @ParameterizedTest
    @EnumSource
    void onlyWhoReadsTheDaemonsOwnTokenIsItsUser(Caller caller) {
        assertThat(Submitter.of(caller).sameUser()).isEqualTo(caller == Caller.OWNER);
        assertThat(Submitter.of(caller).identity()).isEqualTo(caller.title());
    }
}
