package io.espalier.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A refusal names settings; the command line alone makes options of them. */
class RefusedTest {
    @Test
    void aSettingIsAnOptionOnTheCommandLineAlone() {
        Refused refused = Refused.usage(
                "global-batch", 3, "must be a multiple of " + Refused.setting("batch") + " 2, as 'global-batch' is");
        assertThat(refused).hasMessage("global-batch 3: must be a multiple of batch 2, as 'global-batch' is");
        assertThat(refused.forCommandLine())
                .isEqualTo("--global-batch 3: must be a multiple of --batch 2, as 'global-batch' is");
    }

    @Test
    void whatWasGivenIsNotReadAsAName() {
        Refused refused = Refused.notFound("/data/$1 \\ --x", "must be a file");
        assertThat(refused).hasMessage("/data/$1 \\ --x: must be a file");
        assertThat(refused.forCommandLine()).isEqualTo(refused.getMessage());
    }
}
