package io.espalier.streams.live;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.gpu.Refused;
import java.time.Duration;
import java.util.Set;

/**
 * The bounds on a spool.
 *
 * @param segmentBytes of a file, after which the next is begun
 * @param maxBytes of all records that have not been committed
 * @param maxAge of the oldest of them
 * @param window keys that are remembered
 * @param longestRecord bytes of a record's JSON
 * @param retryAfter how long a writer is asked to wait while the spool is full
 */
public record SpoolSettings(
        long segmentBytes, long maxBytes, Duration maxAge, int window, int longestRecord, Duration retryAfter) {
    private static final String PATH = "espalier.spool";
    private static final Set<String> KEYS =
            Set.of("segment-bytes", "max-bytes", "max-age", "window", "longest-record", "retry-after");
    private static final long SMALLEST_SEGMENT = 1 << 10;
    private static final int LARGEST_RECORD = 1 << 26;

    public SpoolSettings {
        require(
                segmentBytes >= SMALLEST_SEGMENT && segmentBytes <= Integer.MAX_VALUE / 2,
                "segment-bytes",
                segmentBytes);
        require(maxBytes >= 2 * segmentBytes, "max-bytes", maxBytes + ", less than two segments");
        require(maxAge.isPositive(), "max-age", maxAge);
        require(window >= 0, "window", window);
        require(longestRecord >= 1 && longestRecord <= LARGEST_RECORD, "longest-record", longestRecord);
        require(retryAfter.isPositive(), "retry-after", retryAfter);
    }

    private static void require(boolean holds, String key, Object value) {
        if (!holds) {
            throw new Refused(
                    Refused.Reason.BAD_CONFIGURATION, PATH + "." + key + " is " + value + ": is out of its range");
        }
    }

    /** Reads {@code espalier.spool} of a root over the defaults of espalier-spool.conf. */
    public static SpoolSettings of(Config root) {
        return LiveKeys.read(() -> {
            Config spool = root.withFallback(ConfigFactory.parseResources("espalier-spool.conf"))
                    .resolve()
                    .getConfig(PATH);
            LiveKeys.requireKnown(spool, PATH, KEYS);
            return new SpoolSettings(
                    spool.getBytes("segment-bytes"),
                    spool.getBytes("max-bytes"),
                    spool.getDuration("max-age"),
                    spool.getInt("window"),
                    Math.toIntExact(spool.getBytes("longest-record")),
                    spool.getDuration("retry-after"));
        });
    }
}
