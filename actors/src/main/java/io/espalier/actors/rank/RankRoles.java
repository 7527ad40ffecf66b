package io.espalier.actors.rank;

import java.util.List;
import java.util.Locale;
import org.apache.pekko.cluster.Member;

/** The roles by which the cluster's members know a rank's process: its kind, its name and its incarnation. */
public final class RankRoles {
    private static final String ROLE = "rank-";
    private static final String NAME = "name-";
    private static final String INCARNATION = "incarnation-";

    private RankRoles() {}

    public static List<String> of(RankPlace place, long incarnation) {
        return List.of(
                ROLE + place.role().name().toLowerCase(Locale.ROOT), NAME + place.name(), INCARNATION + incarnation);
    }

    static boolean isOf(Member member, RankPlace place) {
        return member.hasRole(NAME + place.name());
    }

    static boolean isOf(Member member, RankPlace place, long incarnation) {
        return isOf(member, place) && member.hasRole(INCARNATION + incarnation);
    }
}
