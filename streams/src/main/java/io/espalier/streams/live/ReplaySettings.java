package io.espalier.streams.live;

import io.espalier.streams.source.TextFile;
import java.util.List;

/**
 * Rows of earlier text that are mixed into the live ones, against forgetting.
 *
 * @param share of all rows, at least 0 and below 1
 * @param anchors files that they come from
 * @param pastRows live rows of the past that are kept to be replayed; 0 for none
 * @param pastShare of the earlier rows, those of the past; the others are the anchors'
 */
record ReplaySettings(double share, List<TextFile> anchors, int pastRows, double pastShare) {
    ReplaySettings {
        anchors = List.copyOf(anchors);
        requireShare(share, anchors, pastRows);
        if (!(pastShare >= 0 && pastShare <= 1)) {
            throw LiveKeys.bad("replay.past.share", pastShare, "must be from 0 to 1");
        }
    }

    /** Refuses a share that cannot be had. */
    void requireShare(double ofRows) {
        requireShare(ofRows, anchors, pastRows);
    }

    private static void requireShare(double share, List<TextFile> anchors, int pastRows) {
        if (!(share >= 0 && share < 1)) {
            throw LiveKeys.bad("replay.share", share, "must be at least 0 and below 1");
        }
        if (share > 0 && anchors.isEmpty() && pastRows == 0) {
            throw LiveKeys.bad(
                    "replay.share", share, "must be 0 where nothing can be replayed: name anchors, or keep past rows");
        }
    }
}
