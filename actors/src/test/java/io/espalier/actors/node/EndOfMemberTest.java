package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A member's end does not wait for ever for what does not end. */
@Tag("full")
@Timeout(60)
class EndOfMemberTest {
    private final CountDownLatch released = new CountDownLatch(1);

    private ActorSystem<String> system(boolean stuck) {
        return Member.start(
                Behaviors.receive(String.class)
                        .onSignal(PostStop.class, _ -> {
                            if (stuck) {
                                released.await();
                            }
                            return Behaviors.same();
                        })
                        .build(),
                ConfigFactory.parseString("pekko.coordinated-shutdown.exit-jvm = off")
                        .withFallback(ConfigFactory.load()));
    }

    @Test
    void aSystemThatEndsIsWaitedForAndNoLonger() {
        ActorSystem<String> system = system(false);
        Member.leave(system);
        assertThat(system.getWhenTerminated().toCompletableFuture()).isDone();
    }

    @Test
    void oneThatDoesNotEndIsLeft() throws Exception {
        ActorSystem<String> system = system(true);
        Member.leave(system);
        assertThat(system.getWhenTerminated().toCompletableFuture()).isNotDone();
        released.countDown();
        system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
}
