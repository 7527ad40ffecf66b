package io.espalier.streams.transport;

import io.aeron.ChannelUri;
import io.aeron.ChannelUriStringBuilder;
import io.aeron.CommonContext;
import io.espalier.gpu.Refused;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * Where one process receives frames of one link.
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

    /** What a sender opens. */
    String outbound(TransportSettings.Channel settings) {
        ChannelUri uri = uri();
        ChannelUriStringBuilder builder =
                new ChannelUriStringBuilder().media(uri.media()).termLength(settings.termLength());
        return uri.isIpc()
                ? builder.mtu(settings.ipcMtu()).build()
                : builder.endpoint(uri.get(CommonContext.ENDPOINT_PARAM_NAME))
                        .mtu(settings.udpMtu())
                        .socketSndbufLength(settings.socketBuffer())
                        .socketRcvbufLength(settings.socketBuffer())
                        .build();
    }

    /** What a receiver opens. */
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
     * Whether frames must be sealed on their way.
     *
     * @throws Refused where they must be, and there is no key
     */
    void requireSealed(Optional<FrameKey> key) {
        ChannelUri uri = uri();
        if (key.isEmpty() && uri.isUdp() && !isLoopback(uri.get(CommonContext.ENDPOINT_PARAM_NAME))) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION,
                    "transport: " + channel
                            + " leads beyond this host and there is no key: Aeron has no encryption of its"
                            + " own, so frames must be sealed");
        }
    }

    private static boolean isLoopback(String endpoint) {
        String host = endpoint.substring(0, Math.max(0, endpoint.lastIndexOf(':')));
        try {
            return InetAddress.getByName(host).isLoopbackAddress() && !host.isEmpty();
        } catch (UnknownHostException e) {
            // A name that nobody knows yet may turn out to be anywhere.
            return false;
        }
    }
}
