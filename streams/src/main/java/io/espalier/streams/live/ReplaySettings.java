package io.espalier.streams.live;

import io.espalier.streams.source.TextFile;
import java.util.List;

/**
 * Rows of earlier text that are mixed into the live ones, against forgetting.
 *
 * @param share of all rows, at least 0 and below 1
 * @param anchors files that they come from
 */
record ReplaySettings(double share, List<TextFile> anchors) {
    ReplaySettings {
        requireShare(share);
        anchors = List.copyOf(anchors);
    }

    static void requireShare(double share) {
        if (!(share >= 0 && share < 1)) {
            throw LiveKeys.bad("replay.share", share, "must be at least 0 and below 1");
        }
    }
}
