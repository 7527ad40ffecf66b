package io.espalier.streams.transport;

/**
 * Where one process receives frames of one link.
 *
 * @param channel an Aeron channel: {@code aeron:ipc…} or {@code aeron:udp?endpoint=HOST:PORT…}
 * @param streamId of the channel
 */
public record Endpoint(String channel, int streamId) {}
