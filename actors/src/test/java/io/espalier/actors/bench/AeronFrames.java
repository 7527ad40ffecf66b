package io.espalier.actors.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.streams.transport.Delivery;
import io.espalier.streams.transport.Expected;
import io.espalier.streams.transport.FrameHeader;
import io.espalier.streams.transport.FrameKey;
import io.espalier.streams.transport.OutgoingFrame;
import io.espalier.streams.transport.Transport;
import io.espalier.streams.transport.TransportSettings;
import io.espalier.streams.transport.TransportSettings.ChannelKind;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The parts that both processes of the benchmark share: transports with real settings, and frames of one tensor. */
final class AeronFrames {
    static final Expected EXPECTED = new Expected(1, 1, epoch -> epoch == 1);

    /** The key that seals frames over UDP, in the benchmark too. */
    static final FrameKey KEY = FrameKey.of(new byte[FrameKey.BYTES]);

    private AeronFrames() {}

    /** The settings of a transport with a driver of its own. Loopback takes larger packets than a network. */
    static TransportSettings settings(ChannelKind kind) {
        Config config = ConfigFactory.parseString("espalier.transport { driver = embedded, channel = "
                + kind.name().toLowerCase(Locale.ROOT) + ", udp-mtu = 65504 B }");
        return TransportSettings.of(config.withFallback(ConfigFactory.load()));
    }

    static Transport open(TransportSettings settings) {
        // A loss fails the link that is being measured.
        return Transport.open(settings, _ -> {});
    }

    static Transport openAt(ChannelKind kind, Path directory) {
        return open(settings(kind).withDriverAt(directory));
    }

    static FrameHeader header(long sequence, long bytes) {
        return new FrameHeader(
                FrameHeader.Kind.SIGNAL,
                EXPECTED.job(),
                1,
                EXPECTED.link(),
                sequence,
                0,
                0,
                1,
                -1,
                -1,
                TensorType.U8,
                new long[] {bytes},
                new byte[FrameHeader.HASH_BYTES]);
    }

    static OutgoingFrame frame(long sequence, MemorySegment payload) {
        return new OutgoingFrame(header(sequence, payload.byteSize()), List.of(payload), () -> {});
    }

    /** A frame that was not sent would be missed for ever. */
    static void requireOffered(Delivery delivery) {
        switch (delivery) {
            case Delivery.Offered _ -> {}
            case Delivery.GaveUp gaveUp -> throw new IllegalStateException("laboratory transport: " + gaveUp);
        }
    }
}
