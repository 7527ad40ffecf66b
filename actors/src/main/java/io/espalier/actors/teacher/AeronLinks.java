package io.espalier.actors.teacher;

import io.espalier.actors.protocol.HostProtocol;
import io.espalier.actors.protocol.HostProtocol.Attach;
import io.espalier.actors.protocol.HostProtocol.AttachReply;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Attached;
import io.espalier.actors.protocol.HostProtocol.AttachReply.Declined;
import io.espalier.actors.protocol.HostProtocol.Detach;
import io.espalier.actors.protocol.HostProtocol.Stage;
import io.espalier.streams.transport.ActivationSink;
import io.espalier.streams.transport.ActivationSource;
import io.espalier.streams.transport.Bundles;
import io.espalier.streams.transport.Delivery;
import io.espalier.streams.transport.Endpoint;
import io.espalier.streams.transport.Expected;
import io.espalier.streams.transport.FrameKey;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.Wire;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
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
 * @param seal whether frames are sealed
 */
public record AeronLinks(
        ActorSystem<?> system,
        Transport transport,
        String job,
        CompletionStage<String> modelDigest,
        ActorRef<HostProtocol.Command> owner,
        boolean seal,
        PoolSettings settings)
        implements TeacherLinks {
    private static final byte[] NO_KEY = {};
    private static final SecureRandom RANDOM = new SecureRandom();

    private record LinkIdentity(long epoch, long link) {}

    @Override
    public CompletionStage<TeacherLink> open(long link, long epoch, List<Stage> stages, TeacherLink.Listener listener) {
        Optional<FrameKey> key = seal ? Optional.of(FrameKey.random(RANDOM)) : Optional.empty();
        LinkIdentity identity = new LinkIdentity(epoch, link);
        Endpoint signals = transport.newEndpoint();
        UniqueKillSwitch stop = listen(signals, identity, key, listener);
        CompletionStage<Endpoint> first = CompletableFuture.completedFuture(signals);
        for (int stage = stages.size() - 1; stage >= 0; stage--) {
            int number = stage;
            first = first.thenCompose(downstream -> attach(stages.get(number), identity, number, downstream, key));
        }
        return first.thenApply(requests -> opened(requests, identity, key, stages, stop, listener))
                .whenComplete((_, failure) -> {
                    if (failure != null) {
                        stop.shutdown();
                        stages.forEach(stage -> stage.host().tell(new Detach(link)));
                    }
                });
    }

    private UniqueKillSwitch listen(
            Endpoint signals, LinkIdentity identity, Optional<FrameKey> key, TeacherLink.Listener listener) {
        Expected expected = new Expected(Wire.jobNumber(job), identity.link(), number -> number == identity.epoch());
        return ActivationSource.at(transport, signals, expected, key)
                .viaMat(KillSwitches.single(), Keep.right())
                .via(new Bundles(_ -> {}))
                .toMat(Sink.foreach(listener::arrived), (stop, done) -> {
                    done.whenComplete((_, failure) -> ended(failure, listener));
                    return stop;
                })
                .run(system);
    }

    private CompletionStage<Endpoint> attach(
            Stage stage, LinkIdentity identity, int number, Endpoint downstream, Optional<FrameKey> key) {
        CompletionStage<AttachReply> reply = AskPattern.ask(
                stage.host(),
                replyTo -> new Attach(
                        job,
                        identity.epoch(),
                        identity.link(),
                        number,
                        downstream,
                        key.map(FrameKey::bytes).orElse(NO_KEY),
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
            Endpoint requests,
            LinkIdentity identity,
            Optional<FrameKey> key,
            List<Stage> stages,
            UniqueKillSwitch stop,
            TeacherLink.Listener listener) {
        BoundedSourceQueue<List<OutgoingFrame>> queue = Source.<List<OutgoingFrame>>queue(settings.window())
                .mapConcat(frames -> frames)
                .toMat(
                        ActivationSink.to(transport, requests, key, delivery -> told(delivery, listener)),
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

    /** Of either direction: a link of one is of no use. */
    private static void ended(Throwable failure, TeacherLink.Listener listener) {
        listener.lost(failure == null ? "its stream has ended" : failure.getMessage());
    }

    private static void told(Delivery delivery, TeacherLink.Listener listener) {
        if (delivery instanceof Delivery.GaveUp gaveUp) {
            listener.notSent(gaveUp.header().attempt(), gaveUp.reason().toString());
        }
    }
}
