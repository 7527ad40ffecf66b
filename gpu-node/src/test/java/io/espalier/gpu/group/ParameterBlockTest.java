package io.espalier.gpu.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ParameterBlockTest {
    private static final long MOST = ParameterBlock.MOST_ELEMENTS;

    private static List<ParameterBlock> blocks() {
        Map<String, Long> elements = new LinkedHashMap<>();
        elements.put("small", 7L);
        elements.put("whole", MOST);
        elements.put("cut", 2 * MOST + 1);
        return ParameterBlock.cut(elements);
    }

    @Test
    void aParameterIsCutWhereItExceedsABlockAndNowhereElse() {
        assertThat(blocks())
                .containsExactly(
                        new ParameterBlock("small", 0, 7),
                        new ParameterBlock("whole", 0, MOST),
                        new ParameterBlock("cut", 0, MOST),
                        new ParameterBlock("cut", MOST, MOST),
                        new ParameterBlock("cut", 2 * MOST, 1));
    }
}
