package io.espalier.actors.teacher;

import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Attach;
import io.espalier.actors.protocol.HostProtocol.AttachReply;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Attached;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Declined;
import io.espalier.actors.protocol.HostProtocol.Detach;
import io.espalier.actors.protocol.HostProtocol.Stage;
import io.espalier.gpu.Refused;
import io.espalier.streams.transport.ActivationSink;
import io.espalier.streams.transport.ActivationSource;
import io.espalier.streams.transport.Bundles;
import io.espalier.streams.transport.Delivery;
import io.espalier.streams.transport.Endpoint;
import io.espalier.streams.transport.Expected;
import io.espalier.streams.transport.FrameKey;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportLost;
import io.espalier.streams.transport.Wire;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/**
 * Links over Aeron: a chain that begins and ends at the student. Each stage is told where its result goes and answers where
 * it listens, the last stage first.
 *
 * @param job name
 * @param modelDigest of the teacher as the student knows it; another is refused
 * @param owner the student's host: links end with it
 */
public record AeronLinks(
        ActorSystem<?> system,
        Supplier<Transport> transports,
        String job,
        CompletionStage<String> modelDigest,
        ActorRef<HostProtocol.Command> owner,
        PoolSettings settings)
        implements TeacherLinks {
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The numbers that name one link, and the key that seals its frames wherever they leave this user's memory. */
    private record LinkIdentity(long epoch, long link, FrameKey key) {}

    @Override
    public CompletionStage<TeacherLink> open(long link, long epoch, List<Stage> stages, TeacherLink.Listener listener) {
        try {
            return open(transports.get(), new LinkIdentity(epoch, link, FrameKey.random(RANDOM)), stages, listener);
        } catch (Refused | TransportLost e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletionStage<TeacherLink> open(
            Transport transport, LinkIdentity identity, List<Stage> stages, TeacherLink.Listener listener) {
        Endpoint signals = transport.newEndpoint();
        UniqueKillSwitch stop = listen(transport, signals, identity, listener);
        CompletionStage<Endpoint> first = CompletableFuture.completedFuture(signals);
        for (int stage = stages.size() - 1; stage >= 0; stage--) {
            int number = stage;
            first = first.thenCompose(downstream -> attach(stages.get(number), identity, number, downstream));
        }
        return first.thenApply(requests -> opened(transport, requests, identity, stages, stop, listener))
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        stop.shutdown();
                        stages.forEach(stage -> stage.host().tell(new Detach(identity.link())));
                    }
                });
    }

    private UniqueKillSwitch listen(
            Transport transport, Endpoint signals, LinkIdentity identity, TeacherLink.Listener listener) {
        Expected expected = new Expected(Wire.jobNumber(job), identity.link(), number -> number == identity.epoch());
        return ActivationSource.at(transport, signals, expected, signals.sealed(identity.key()))
                .viaMat(KillSwitches.single(), Keep.right())
                .via(new Bundles(_ -> {}))
                .toMat(Sink.foreach(listener::arrived), (stop, done) -> {
                    done.whenComplete((_, failure) -> ended(failure, listener));
                    return stop;
                })
                .run(system);
    }

    private CompletionStage<Endpoint> attach(Stage stage, LinkIdentity identity, int number, Endpoint downstream) {
        CompletionStage<AttachReply> reply = AskPattern.ask(
                stage.host(),
                replyTo -> new Attach(
                        job,
                        identity.epoch(),
                        identity.link(),
                        number,
                        downstream,
                        identity.key().bytes(),
                        owner,
                        replyTo),
                settings.attachTimeout(),
                system.scheduler());
        return reply.thenCombine(modelDigest, (answer, digest) -> inbound(stage, answer, digest));
    }

    private static Endpoint inbound(Stage stage, AttachReply reply, String digest) {
        return switch (reply) {
            case Attached attached when attached.modelDigest().equals(digest) -> attached.inbound();
            case Attached attached ->
                throw new CompletionException(new IllegalStateException(stage.rank() + ": its model has digest "
                        + attached.modelDigest() + ", the student's teacher " + digest));
            case Declined declined -> throw new CompletionException(new IllegalStateException(declined.why()));
        };
    }

    private TeacherLink opened(
            Transport transport,
            Endpoint requests,
            LinkIdentity identity,
            List<Stage> stages,
            UniqueKillSwitch stop,
            TeacherLink.Listener listener) {
        BoundedSourceQueue<List<OutgoingFrame>> queue = Source.<List<OutgoingFrame>>queue(settings.window())
                .mapConcat(frames -> frames)
                .toMat(
                        ActivationSink.to(
                                transport,
                                requests,
                                requests.sealed(identity.key()),
                                delivery -> told(delivery, listener)),
                        (offers, done) -> {
                            done.whenComplete((_, failure) -> ended(failure, listener));
                            return offers;
                        })
                .run(system);
        return new TeacherLink() {
            @Override
            public boolean send(List<OutgoingFrame> request) {
                return queue.offer(request).isEnqueued();
            }

            @Override
            public void close() {
                queue.complete();
                stop.shutdown();
                stages.forEach(stage -> stage.host().tell(new Detach(identity.link())));
            }
        };
    }

    /** Tells that a link is lost when one of its two directions has ended: the other alone is of no use. */
    private static void ended(Throwable failure, TeacherLink.Listener listener) {
        listener.lost(failure == null ? "its stream has ended" : failure.getMessage());
    }

    private static void told(Delivery delivery, TeacherLink.Listener listener) {
        if (delivery instanceof Delivery.GaveUp gaveUp) {
            listener.notSent(gaveUp.header().attempt(), gaveUp.reason().toString());
        }
    }
}
