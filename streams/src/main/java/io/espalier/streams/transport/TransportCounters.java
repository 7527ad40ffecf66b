package io.espalier.streams.transport;

import java.util.Map;

/**
 * The counts of one process's transport so far.
 *
 * @param bytesIn of payload, of frames that arrived whole
 * @param begunAgain frames whose receiver went away midway and that were begun anew
 * @param backPressured turns in which a receiver took no more
 * @param notConnected turns in which there was no receiver for a frame
 * @param errors that Aeron has reported
 * @param dropped frames and messages that were not taken, for each reason
 * @param memory of frames that have arrived
 */
public record TransportCounters(
        long framesIn,
        long bytesIn,
        long framesOut,
        long bytesOut,
        long begunAgain,
        long gaveUp,
        long backPressured,
        long notConnected,
        long errors,
        Map<DropReason, Long> dropped,
        Memory memory,
        Driver driver) {
    /** Bytes of native memory: held by frames that are not closed, the most of that, and kept for the next ones. */
    public record Memory(long inUse, long highWater, long idle) {}

    /**
     * The counts of the media driver, for all its processes, a moment ago.
     *
     * @param flowControlLimits times that a sender had to wait for its receiver
     * @param conductorMaxCycleNanos longest turn of its conductor
     */
    public record Driver(
            long bytesSent,
            long bytesReceived,
            long naksSent,
            long naksReceived,
            long retransmitsSent,
            long flowControlLimits,
            long flowControlOverRuns,
            long lossGapFills,
            long clientTimeouts,
            long errors,
            long conductorMaxCycleNanos) {
        static final Driver NOTHING = new Driver(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        /** The counts of two drivers, one after the other. */
        Driver plus(Driver other) {
            return new Driver(
                    bytesSent + other.bytesSent,
                    bytesReceived + other.bytesReceived,
                    naksSent + other.naksSent,
                    naksReceived + other.naksReceived,
                    retransmitsSent + other.retransmitsSent,
                    flowControlLimits + other.flowControlLimits,
                    flowControlOverRuns + other.flowControlOverRuns,
                    lossGapFills + other.lossGapFills,
                    clientTimeouts + other.clientTimeouts,
                    errors + other.errors,
                    Math.max(conductorMaxCycleNanos, other.conductorMaxCycleNanos));
        }
    }

    /** These counts, with those of earlier drivers added. */
    TransportCounters after(Driver earlier) {
        return new TransportCounters(
                framesIn,
                bytesIn,
                framesOut,
                bytesOut,
                begunAgain,
                gaveUp,
                backPressured,
                notConnected,
                errors,
                dropped,
                memory,
                driver.plus(earlier));
    }
}
