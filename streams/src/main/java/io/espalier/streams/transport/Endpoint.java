package io.espalier.streams.transport;

import io.aeron.ChannelUri;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.espalier.gpu.Refused;
import java.util.Optional;

/**
 * The place where one process receives frames of one link.
 *
 * @param channel an Aeron channel: {@code aeron:ipc…} or {@code aeron:udp?endpoint=HOST:PORT…}
 * @param streamId of the channel
 */
public record Endpoint(String channel, int streamId) {
    /** A channel that another process names is taken apart: only where it leads is used, and sizes are our own. */
    private ChannelUri uri() {
        try {
            ChannelUri uri = ChannelUri.parse(channel);
            boolean plain = uri.prefix().isEmpty();
            if (plain && (uri.isIpc() || (uri.isUdp() && uri.get(CommonContext.ENDPOINT_PARAM_NAME) != null))) {
                return uri;
            }
        } catch (RuntimeException e) {
            throw new Refused(Refused.Reason.VALIDATION, "endpoint: " + channel + ": " + e.getMessage(), e);
        }
        throw Refused.invalid("endpoint", "channel", channel, "must be aeron:ipc or aeron:udp?endpoint=HOST:PORT");
    }

    /** Whether both ends are on one host and share its memory. */
    boolean isIpc() {
        return uri().isIpc();
    }

    /**
     * The channel that a sender opens.
     *
     * @param termLength of its log, in bytes
     */
    String outbound(TransportSettings.Channel settings, int termLength) {
        ChannelUri uri = uri();
        ChannelUriStringBuilder builder =
                new ChannelUriStringBuilder().media(uri.media()).termLength(termLength);
        return uri.isIpc()
                ? builder.mtu(mtu(settings.ipcMtu(), termLength)).build()
                : builder.endpoint(uri.get(CommonContext.ENDPOINT_PARAM_NAME))
                        .mtu(mtu(settings.udpMtu(), termLength))
                        .socketSndbufLength(settings.socketBuffer())
                        .socketRcvbufLength(settings.socketBuffer())
                        .build();
    }

    private static int mtu(int largest, int termLength) {
        return Math.min(largest, termLength / TransportSettings.MESSAGES_PER_TERM);
    }

    /** The channel that a receiver opens. */
    String inbound(TransportSettings.Channel settings) {
        ChannelUri uri = uri();
        ChannelUriStringBuilder builder = new ChannelUriStringBuilder().media(uri.media());
        return uri.isIpc()
                ? builder.build()
                : builder.endpoint(uri.get(CommonContext.ENDPOINT_PARAM_NAME))
                        .socketSndbufLength(settings.socketBuffer())
                        .socketRcvbufLength(settings.socketBuffer())
                        .receiverWindowLength(settings.receiverWindow())
                        .build();
    }

    /**
     * Refuses a link without a key where anybody else could read or write what it carries: by UDP, on loopback too.
     * Frames that go through memory lie in a directory that only this user may enter.
     */
    void requireSealed(Optional<FrameKey> key) {
        if (key.isEmpty() && uri().isUdp()) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "transport: " + channel
                            + " is open to others and there is no key: Aeron has no encryption of its own, so frames"
                            + " must be sealed");
        }
    }

    /** The key of a link that has this end: none where all that it carries stays in memory of this user alone. */
    public Optional<FrameKey> sealed(FrameKey key) {
        return isIpc() ? Optional.empty() : Optional.of(key);
    }
}
