package io.espalier.streams.transport;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ext.DebugReceiveChannelEndpoint;
import io.aeron.driver.ext.DebugSendChannelEndpoint;
import io.aeron.driver.ext.LossGenerator;
import io.aeron.driver.ext.RandomLossGenerator;
import java.nio.file.Files;

/** The loss that a test inflicts on a process: a share of its packets, or, while a certain file exists, all of them. */
final class Cut {
    private final TransportSettings.Loss loss;
    private volatile boolean isCut;

    Cut(TransportSettings.Loss loss) {
        this.loss = loss;
        look();
    }

    boolean isCut() {
        return isCut;
    }

    /** Looks for the file. */
    void look() {
        if (loss.cutWhile().isPresent()) {
            isCut = Files.exists(loss.cutWhile().get());
        }
    }

    /**
     * Makes a driver lose packets. The lost packets are data where they arrive, and status where the sender hears it.
     */
    void applyTo(MediaDriver.Context context) {
        if (!loss.any()) {
            return;
        }
        context.receiveChannelEndpointSupplier((channel, dispatcher, status, driver) -> new DebugReceiveChannelEndpoint(
                channel, dispatcher, status, driver, losing(loss.seed()), losing(loss.seed() + 1)));
        context.sendChannelEndpointSupplier((channel, status, driver) ->
                new DebugSendChannelEndpoint(channel, status, driver, this::isLost, losing(loss.seed() + 2)));
    }

    private boolean isLost(java.net.InetSocketAddress address, org.agrona.concurrent.UnsafeBuffer buffer, int length) {
        return isCut;
    }

    private LossGenerator losing(long seed) {
        RandomLossGenerator random = new RandomLossGenerator(loss.rate(), seed);
        return (address, buffer, length) -> isCut || random.shouldDropFrame(address, buffer, length);
    }
}
