package io.espalier.actors.node;

import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.rank.RankPlace;
import io.espalier.actors.settings.SettingsSection;
import java.util.ArrayList;
import java.util.List;

/**
 * The ranks that a node runs, and their devices.
 *
 * @param devices given to the ranks in turn
 * @param threads of one operator in each rank; 0 shares the processors out evenly
 */
public record RankLayout(Isolation process, int teachers, int students, List<String> devices, int threads) {
    private static final int MOST_RANKS = 256;
    private static final int MOST_THREADS = 1024;
    private static final String DEVICE = "cpu|cuda:\\d{1,3}";

    /** The separation of a node's ranks from each other. */
    public enum Isolation {
        /** Each rank is a process. */
        CHILD,
        /** All ranks are in the node's process. */
        EMBEDDED
    }

    static RankLayout of(SettingsSection section) {
        RankLayout layout = new RankLayout(
                section.choice("process", Isolation.class),
                section.number("teachers", 0, MOST_RANKS),
                section.number("students", 0, MOST_RANKS),
                section.texts("devices"),
                section.number("threads", 0, MOST_THREADS));
        if (layout.devices.isEmpty()) {
            throw section.refuse("devices", layout.devices, "must name at least one");
        }
        for (String device : layout.devices) {
            if (!device.matches(DEVICE)) {
                throw section.refuse("devices", device, "must match " + DEVICE);
            }
        }
        return layout;
    }

    public RankLayout {
        devices = List.copyOf(devices);
    }

    /** The ranks of the node of that name on a machine of that many processors, teachers first. */
    public List<RankPlace> places(String node, int processors) {
        int each = threads > 0 ? threads : Math.max(1, processors / Math.max(1, teachers + students));
        List<RankPlace> places = new ArrayList<>();
        for (int rank = 0; rank < teachers + students; rank++) {
            boolean teacher = rank < teachers;
            String name = node + (teacher ? "-teacher-" + rank : "-student-" + (rank - teachers));
            places.add(new RankPlace(
                    name, teacher ? RankRole.TEACHER : RankRole.STUDENT, devices.get(rank % devices.size()), each));
        }
        return places;
    }
}
