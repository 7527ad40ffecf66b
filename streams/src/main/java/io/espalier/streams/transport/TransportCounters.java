package io.espalier.streams.transport;

import java.util.Map;

/**
 * What one process's transport has done so far.
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
     * What the media driver has counted, for all its processes, a moment ago.
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

        /** What two drivers have counted, one after the other. */
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

    /** The same with what drivers before this one have counted. */
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
