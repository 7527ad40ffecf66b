package io.espalier.actors.node;

import java.lang.reflect.Field;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.DeadLetter;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.event.Logging;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.remote.AddressUidExtension;
import org.apache.pekko.remote.RemoteActorRef;
import org.apache.pekko.remote.RemoteTransport;
import org.apache.pekko.remote.UniqueAddress;
import org.apache.pekko.remote.artery.ArteryTransport;
import scala.Option;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/** A transport of a process that has nobody to talk to: it has an address, since a member needs one, and no port. */
final class LoneTransport extends RemoteTransport {
    private final LoneProvider provider;
    private final Address address;
    private final LoggingAdapter log;

    LoneTransport(ExtendedActorSystem system, LoneProvider provider) {
        super(system, provider);
        this.provider = provider;
        this.address = new Address(
                "pekko",
                system.name(),
                provider.remoteSettings().Artery().Canonical().Hostname(),
                0);
        this.log = Logging.getLogger(system, LoneTransport.class);
    }

    /** Binds nothing. Pekko's own transport is asked for its address once, and to end: it gets the one, and has the other. */
    @Override
    public void start() {
        RemoteTransport unused = provider.unused();
        try {
            Field local = ArteryTransport.class.getDeclaredField("_localAddress");
            local.setAccessible(true);
            local.set(
                    unused,
                    new UniqueAddress(address, AddressUidExtension.get(system()).longAddressUid()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this version of Pekko keeps its address elsewhere", e);
        }
        unused.shutdown();
    }

    @Override
    public Future<Done> shutdown() {
        return Future.successful(Done.getInstance());
    }

    @Override
    public scala.collection.immutable.Set<Address> addresses() {
        return scala.collection.immutable.Set$.MODULE$.from(CollectionConverters.asScala(java.util.Set.of(address)));
    }

    @Override
    public Address defaultAddress() {
        return address;
    }

    @Override
    public Address localAddressForRemote(Address remote) {
        return address;
    }

    /** Every other address is that of nobody. */
    @Override
    public void send(Object message, ActorRef sender, RemoteActorRef recipient) {
        ActorRef nobody = system().deadLetters();
        nobody.tell(new DeadLetter(message, sender == null ? nobody : sender, recipient), nobody);
    }

    @Override
    public LoggingAdapter log() {
        return log;
    }

    @Override
    public void quarantine(Address remote, Option<Object> uid, String reason) {
        // Nobody to be kept away.
    }
}
