package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import io.espalier.gpu.TestMode;
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
        assertRefused("term-length = 3 MiB", "term-length", "power of two");
        assertRefused("udp-mtu = 1400 B", "mtu", "1400");
        assertRefused("receiver-window = 8 MiB", "receiver-window");
        assertRefused("driver = external", "directory");
        assertRefused("directory = /dev/shm/driver", "directory", "embedded");
        assertRefused("least-room = -1", "least-room");
        assertRefused("connection-timeout = 100 ms", "connection-timeout");
        assertRefused("port = 70000", "port", "70000");
    }

    @Test
    void lossIsRefusedButInATestsProcess() {
        assertThat(Rig.settings("loss.rate = 0.5").loss().rate()).isEqualTo(0.5);
        String mode = System.clearProperty(TestMode.PROPERTY);
        try {
            assertRefused("loss.rate = 0.5", "loss", TestMode.PROPERTY);
            assertRefused("loss.cut-while = /somewhere", "loss", TestMode.PROPERTY);
        } finally {
            System.setProperty(TestMode.PROPERTY, mode);
        }
    }

    @Test
    void aLogIsSmallerWhereThereIsLittleRoomForIt() {
        TransportSettings.Channel channel =
                TransportSettings.of(ConfigFactory.empty()).channel();
        assertThat(channel.termLengthIn(1L << 30)).isEqualTo(4 << 20);
        assertThat(channel.termLengthIn(40L << 20)).isEqualTo(2 << 20);
        assertThat(channel.termLengthIn(0)).isEqualTo(1 << 16);
        for (int room = 1 << 20; room < 1 << 26; room += 123_457) {
            assertThat(3L * channel.termLengthIn(room)).isLessThanOrEqualTo(Math.max(room / 4, 3 << 16));
        }
        for (String kind : new String[] {"aeron:ipc", "aeron:udp?endpoint=127.0.0.1:4000"}) {
            assertThat(new Endpoint(kind, 1).outbound(channel, 1 << 16))
                    .contains("term-length=64k")
                    .containsPattern("mtu=(8k|1408)");
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
    void whatOthersCouldReadIsRefusedWithoutAKeyOnLoopbackToo() {
        for (String host : new String[] {
            "10.1.2.3:4000", "0.0.0.0:4000", "no-such-host.invalid:4000", "127.0.0.1:4000", "[::1]:4000"
        }) {
            Endpoint endpoint = new Endpoint("aeron:udp?endpoint=" + host, 1);
            assertThatThrownBy(() -> endpoint.requireSealed(Optional.empty()))
                    .isInstanceOf(Refused.class)
                    .hasMessageContainingAll(host, "no encryption", "sealed");
        }
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
