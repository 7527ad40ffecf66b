package io.espalier.actors.job.coordinator;

import io.espalier.actors.job.coordinator.RankRegistry.Presence;
import io.espalier.actors.protocol.CoordinatorProtocol.RankRole;
import io.espalier.actors.protocol.HostProtocol.Stage;
import io.espalier.actors.protocol.JobSpec;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The parts of a job and the ranks that have them: a part stays a rank's until the rank is gone.
 *
 * @param stages names of the ranks of each teacher's stages, the first teacher's first; null where there is none yet
 * @param student null where there is none yet
 */
record Slots(int stagesOfTeacher, List<String> stages, String student) {
    Slots {
        stages = Collections.unmodifiableList(new ArrayList<>(stages));
    }

    static Slots empty(JobSpec job) {
        return new Slots(
                job.stages(), Collections.nCopies(Math.multiplyExact(job.teachers(), job.stages()), null), null);
    }

    /** The same parts, where ranks that are gone have been followed by others in the order of their names. */
    Slots refill(RankRegistry ranks) {
        Deque<String> spare = new ArrayDeque<>();
        String nextStudent = present(student, RankRole.STUDENT, ranks);
        for (Presence rank : ranks.all()) {
            switch (rank.role()) {
                case TEACHER -> {
                    if (!stages.contains(rank.name())) {
                        spare.add(rank.name());
                    }
                }
                case STUDENT -> nextStudent = nextStudent == null ? rank.name() : nextStudent;
            }
        }
        UnaryOperator<String> keep = name -> present(name, RankRole.TEACHER, ranks);
        List<String> next = new ArrayList<>();
        for (String name : stages) {
            String kept = keep.apply(name);
            next.add(kept == null ? spare.poll() : kept);
        }
        return new Slots(stagesOfTeacher, next, nextStudent);
    }

    private static String present(String name, RankRole role, RankRegistry ranks) {
        Presence rank = ranks.find(name);
        return rank != null && rank.role() == role ? name : null;
    }

    boolean has(String rank) {
        return stages.contains(rank) || rank.equals(student);
    }

    /** Stages that nobody has. */
    long missing() {
        return stages.stream().filter(Objects::isNull).count();
    }

    /** The teachers of which every stage can be used. */
    List<List<Stage>> complete(RankRegistry ranks) {
        List<List<Stage>> complete = new ArrayList<>();
        for (int first = 0; first < stages.size(); first += stagesOfTeacher) {
            List<Presence> teacher = new ArrayList<>();
            for (String name : stages.subList(first, first + stagesOfTeacher)) {
                teacher.add(ranks.find(name));
            }
            if (teacher.stream().allMatch(rank -> rank != null && rank.working())) {
                complete.add(teacher.stream()
                        .map(rank -> new Stage(rank.name(), rank.incarnation(), rank.host()))
                        .toList());
            }
        }
        return complete;
    }
}
