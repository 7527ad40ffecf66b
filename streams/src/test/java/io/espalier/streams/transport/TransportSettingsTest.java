package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Settings come from the commented file, are checked where they are read, and say which key is wrong and why. */
@Timeout(30)
class TransportSettingsTest {
    private static void assertRefused(String keys, String... words) {
        assertThatThrownBy(() -> Rig.settings(keys))
                .isInstanceOf(Refused.class)
                .hasMessageContainingAll(words)
                .extracting(e -> ((Refused) e).reason())
                .isEqualTo(Refused.Reason.BAD_CONFIGURATION);
    }

    @Test
    void theFileShippedIsValid() {
        TransportSettings settings = TransportSettings.of(ConfigFactory.empty());
        assertThat(settings.channel().termLength()).isEqualTo(4 << 20);
        assertThat(settings.largestFrame()).isEqualTo(1 << 30);
        assertThat(settings.driver().directory()).isEmpty();
    }

    @Test
    void unknownKeysAndWordsAreRefused() {
        assertRefused("widow-frames = 3", "widow-frames", "unknown");
        assertRefused("loss.ratio = 3", "loss.ratio", "unknown");
        assertRefused("driver = none", "driver", "none", "external");
        assertRefused("give-up-after = soon", "give-up-after");
    }

    @Test
    void valuesThatCannotWorkAreRefused() {
        assertRefused("window-frames = 0", "window-frames", "0");
        assertRefused("largest-frame = 2 GiB", "largest-frame");
        assertRefused("shared-from = 0", "shared-from", "0");
        assertRefused("term-length = 3 MiB", "term-length", "power of two");
        assertRefused("udp-mtu = 1400 B", "mtu", "1400");
        assertRefused("receiver-window = 8 MiB", "receiver-window");
        assertRefused("driver = external", "directory");
        assertRefused("connection-timeout = 100 ms", "connection-timeout");
        assertRefused("port = 70000", "port", "70000");
    }

    @Test
    void lossIsRefusedInProduction() {
        assertThat(Rig.settings("loss.rate = 0.5").loss().rate()).isEqualTo(0.5);
        System.setProperty("espalier.mode", "production");
        try {
            assertRefused("loss.rate = 0.5", "loss", "production");
            assertRefused("loss.cut-while = /somewhere", "loss", "production");
        } finally {
            System.clearProperty("espalier.mode");
        }
    }

    @Test
    void aChildUsesTheDriverOfItsParent() {
        TransportSettings child = Rig.settings("").withDriverAt(Path.of("/dev/shm/driver"));
        assertThat(child.driver().kind()).isEqualTo(TransportSettings.DriverKind.EXTERNAL);
        assertThat(child.driver().directory()).contains(Path.of("/dev/shm/driver"));
        assertThat(child.channel()).isEqualTo(Rig.settings("").channel());
    }

    @Test
    void aChannelBeyondThisHostIsRefusedWithoutAKey() {
        for (String host : new String[] {"10.1.2.3:4000", "0.0.0.0:4000", "no-such-host.invalid:4000"}) {
            Endpoint endpoint = new Endpoint("aeron:udp?endpoint=" + host, 1);
            assertThatThrownBy(() -> endpoint.requireSealed(Optional.empty()))
                    .isInstanceOf(Refused.class)
                    .hasMessageContainingAll(host, "no encryption", "sealed");
        }
        new Endpoint("aeron:udp?endpoint=127.0.0.1:4000", 1).requireSealed(Optional.empty());
        new Endpoint("aeron:udp?endpoint=[::1]:4000", 1).requireSealed(Optional.empty());
        new Endpoint("aeron:ipc", 1).requireSealed(Optional.empty());
        new Endpoint("aeron:udp?endpoint=10.1.2.3:4000", 1)
                .requireSealed(Optional.of(FrameKey.of(new byte[FrameKey.BYTES])));
    }

    @Test
    void anEndpointThatIsNoneIsRefused() {
        for (String channel : new String[] {"aeron-spy:aeron:ipc", "tcp://there", "aeron:udp?control=10.0.0.1:1", ""}) {
            assertThatThrownBy(() -> new Endpoint(channel, 1).requireSealed(Optional.empty()))
                    .as(channel)
                    .isInstanceOf(Refused.class);
        }
    }
}
