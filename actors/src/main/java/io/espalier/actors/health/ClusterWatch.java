package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.meter.Metered;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.ClusterDomainEvent;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.ClusterEvent.LeaderChanged;
import org.apache.pekko.cluster.ClusterEvent.MemberDowned;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.ClusterEvent.ReachableMember;
import org.apache.pekko.cluster.ClusterEvent.UnreachableMember;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/** The cluster's members as this node sees them, and what becomes of them, told to the timeline. */
final class ClusterWatch {
    private final Cluster cluster;
    private final Timeline timeline;
    private final AtomicLong leaderChanges = new AtomicLong();

    private ClusterWatch(Cluster cluster, Timeline timeline) {
        this.cluster = cluster;
        this.timeline = timeline;
    }

    static ClusterWatch of(ActorSystem<?> system, Timeline timeline) {
        ClusterWatch watch = new ClusterWatch(Cluster.get(system), timeline);
        system.systemActorOf(watch.listening(), "health-cluster", Metered.mailbox());
        return watch;
    }

    private Behavior<ClusterDomainEvent> listening() {
        Behavior<ClusterDomainEvent> listener = Behaviors.setup(context -> {
            cluster.subscriptions().tell(Subscribe.create(context.getSelf(), ClusterDomainEvent.class));
            return Behaviors.receiveMessage(event -> {
                tell(event);
                return Behaviors.same();
            });
        });
        return Metered.behavior(ClusterDomainEvent.class, "health", listener);
    }

    private void tell(ClusterDomainEvent event) {
        switch (event) {
            case MemberUp up -> tell("member_up", Severity.INFO, up.member(), "is up");
            case MemberDowned downed -> tell("member_downed", Severity.ERROR, downed.member(), "was downed");
            case MemberRemoved removed -> tell("member_removed", Severity.WARNING, removed.member(), "has left");
            case UnreachableMember gone ->
                tell("member_unreachable", Severity.ERROR, gone.member(), "cannot be reached");
            case ReachableMember back -> tell("member_reachable", Severity.INFO, back.member(), "can be reached again");
            case LeaderChanged changed -> {
                if (leaderChanges.incrementAndGet() > 1) {
                    String leader = changed.leader().map(Address::toString).getOrElse(() -> "nobody");
                    timeline.add("leader_changed", Severity.INFO, "the cluster's leader is " + leader, _ -> {});
                }
            }
            // The cluster has more to say than operators need.
            default -> {}
        }
    }

    private void tell(String kind, Severity severity, Member member, String what) {
        String address = member.address().toString();
        timeline.add(kind, severity, address + " " + what, data -> data.put("member", address));
    }

    long leaderChanges() {
        return Math.max(0, leaderChanges.get() - 1);
    }

    long unreachable() {
        return cluster.state().getUnreachable().size();
    }

    boolean selfIsUp() {
        return cluster.selfMember().status().equals(MemberStatus.up());
    }

    /** Members by status. */
    Map<String, Long> byStatus() {
        return members().stream()
                .collect(Collectors.groupingBy(ClusterWatch::status, TreeMap::new, Collectors.counting()));
    }

    private List<Member> members() {
        return StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .toList();
    }

    private static String status(Member member) {
        return member.status().toString().toLowerCase(Locale.ROOT);
    }

    ObjectNode json(Instant now) {
        CurrentClusterState state = cluster.state();
        ObjectNode answer = AnswerJson.at(now);
        ArrayNode list = answer.putArray("members");
        for (Member member : members()) {
            ObjectNode entry = list.addObject();
            entry.put("address", member.address().toString()).put("status", status(member));
            entry.put("reachable", !state.getUnreachable().contains(member));
            entry.put("self", member.address().equals(cluster.selfMember().address()));
            entry.put("leader", member.address().equals(state.getLeader()));
            ArrayNode roles = entry.putArray("roles");
            member.getRoles().forEach(roles::add);
        }
        return answer.put("leader_changes", leaderChanges())
                .put("total", list.size())
                .put("truncated", false);
    }
}
