package io.espalier.gpu.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The elements of a tensor's dimension that stay follow from what its spans are. */
class AxisTest {
    private static final Axis FUSED =
            Axis.of(Role.HEAD, 4, 2).then(Axis.of(Role.GROUP, 2, 2)).then(Axis.of(Role.GROUP, 2, 2));

    @Test
    void everySpanKeepsItsOwnUnits() {
        Map<Role, List<Integer>> units = Map.of(Role.HEAD, List.of(2, 3), Role.GROUP, List.of(1));
        assertThat(FUSED.size()).isEqualTo(16);
        assertThat(FUSED.kept(units::get)).containsExactly(4, 5, 6, 7, 10, 11, 14, 15);
    }

    @Test
    void aSpanWhoseRoleIsUncutStaysWhole() {
        Map<Role, List<Integer>> heads = Map.of(Role.HEAD, List.of(0));
        assertThat(FUSED.kept(heads::get)).containsExactly(0, 1, 8, 9, 10, 11, 12, 13, 14, 15);
        assertThat(FUSED.kept(role -> null)).as("nothing is cut").isNull();
    }
}
