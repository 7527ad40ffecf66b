package io.espalier.actors.node;

import io.espalier.gpu.Refused;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;

/** The nodes that a node joins, in the same order on each: the first of them may found the cluster. */
final class Seeds {
    /** Resolves a name; throws where it does not answer. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String name) throws UnknownHostException;
    }

    private final ControlSettings control;
    private final Resolver resolver;

    Seeds(ControlSettings control, Resolver resolver) {
        this.control = control;
        this.resolver = resolver;
    }

    /** Gives the addresses to join, {@code self} where none are configured; waits for the name to resolve. */
    List<Address> addresses(Address self) throws InterruptedException {
        if (control.seedDns() != null) {
            return resolved(control.seedDns());
        }
        return control.seeds().isEmpty()
                ? List.of(self)
                : control.seeds().stream().map(this::address).toList();
    }

    private Address address(String seed) {
        int colon = seed.lastIndexOf(':');
        return address(seed.substring(0, colon), Integer.parseInt(seed.substring(colon + 1)));
    }

    private Address address(String host, int port) {
        return new Address("pekko", ClusterConfig.SYSTEM, host, port);
    }

    private List<Address> resolved(ControlSettings.SeedDns dns) throws InterruptedException {
        long deadline = System.nanoTime() + dns.giveUp().toNanos();
        String last = "no answer";
        while (System.nanoTime() < deadline) {
            try {
                List<String> found = Arrays.stream(resolver.resolve(dns.name()))
                        .map(InetAddress::getHostAddress)
                        .distinct()
                        .sorted()
                        .toList();
                if (found.size() >= dns.addresses()) {
                    return found.stream()
                            .map(host -> address(host, control.port()))
                            .toList();
                }
                last = "it gives " + found;
            } catch (UnknownHostException e) {
                last = "it does not resolve";
            }
            TimeUnit.NANOSECONDS.sleep(dns.interval().toNanos());
        }
        throw new Refused(
                Refused.Reason.TRY_AGAIN,
                "espalier.node.control.seed-dns.name is [" + dns.name() + "]: " + last + ", and must give "
                        + dns.addresses() + " addresses within " + dns.giveUp());
    }
}
