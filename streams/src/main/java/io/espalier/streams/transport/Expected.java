package io.espalier.streams.transport;

import java.util.function.LongPredicate;

/**
 * Frames that a receiver takes; all others are foreign.
 *
 * @param job as {@link FrameHeader#job()}
 * @param link as {@link FrameHeader#link()}
 * @param epoch whether frames of this one are taken; asked by the transport's thread
 */
public record Expected(long job, long link, LongPredicate epoch) {
    boolean takes(long frameJob, long frameEpoch, long frameLink) {
        return frameJob == job && frameLink == link && epoch.test(frameEpoch);
    }
}
