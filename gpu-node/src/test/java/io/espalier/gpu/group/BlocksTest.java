package io.espalier.gpu.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BlocksTest {
    private static final long MOST = Blocks.MOST_ELEMENTS;

    private static Blocks blocks() {
        Map<String, Long> elements = new LinkedHashMap<>();
        elements.put("small", 7L);
        elements.put("whole", MOST);
        elements.put("cut", 2 * MOST + 1);
        return Blocks.of(elements);
    }

    @Test
    void aParameterIsCutWhereItExceedsABlockAndNowhereElse() {
        assertThat(blocks().all())
                .containsExactly(
                        new Block(0, "small", 0, 7),
                        new Block(1, "whole", 0, MOST),
                        new Block(2, "cut", 0, MOST),
                        new Block(3, "cut", MOST, MOST),
                        new Block(4, "cut", 2 * MOST, 1));
    }
}
