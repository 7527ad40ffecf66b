package io.espalier.actors.health;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A curve in bounded memory: the latest points as they came, and all since the start in buckets that double in width
 * whenever there are too many. A bucket keeps its least, mean and greatest value, so that no peak is lost.
 */
final class Series {
    private final int most;
    private final List<Bucket> recent = new ArrayList<>();
    private final List<Bucket> all = new ArrayList<>();
    private int width = 1;
    private int inLast;

    /**
     * Points that were put together.
     *
     * @param time of the last, milliseconds since the epoch
     * @param step of the last
     */
    record Bucket(long time, long step, double least, double mean, double greatest, long points) {
        static Bucket of(long time, long step, double value) {
            return new Bucket(time, step, value, value, value, 1);
        }

        Bucket with(Bucket later) {
            long count = points + later.points;
            return new Bucket(
                    later.time,
                    later.step,
                    Math.min(least, later.least),
                    (mean * points + later.mean * later.points) / count,
                    Math.max(greatest, later.greatest),
                    count);
        }
    }

    Series(int most) {
        this.most = most;
    }

    void add(long time, long step, double value) {
        Bucket point = Bucket.of(time, step, value);
        recent.add(point);
        if (recent.size() > 2 * most) {
            recent.subList(0, most).clear();
        }
        if (inLast > 0 && inLast < width) {
            all.set(all.size() - 1, all.getLast().with(point));
            inLast++;
        } else {
            all.add(point);
            inLast = 1;
        }
        if (all.size() > most) {
            List<Bucket> halved = halve(all);
            all.clear();
            all.addAll(halved);
            width *= 2;
            inLast = width;
        }
    }

    private static List<Bucket> halve(List<Bucket> buckets) {
        List<Bucket> halved = new ArrayList<>();
        for (int i = 0; i < buckets.size(); i += 2) {
            halved.add(i + 1 < buckets.size() ? buckets.get(i).with(buckets.get(i + 1)) : buckets.get(i));
        }
        return halved;
    }

    double last() {
        return recent.isEmpty() ? Double.NaN : recent.getLast().mean;
    }

    /** Between two moments, both included, in at most that many buckets. */
    List<Bucket> between(long from, long to, int mostPoints) {
        boolean fine = width == 1 || (!recent.isEmpty() && recent.getFirst().time <= from);
        List<Bucket> wanted = new ArrayList<>();
        for (Bucket bucket : fine ? recent : all) {
            if (bucket.time >= from && bucket.time <= to) {
                wanted.add(bucket);
            }
        }
        while (wanted.size() > Math.max(2, mostPoints)) {
            wanted = halve(wanted);
        }
        return wanted;
    }

    /** Each bucket as time, step, mean, least, greatest. */
    static ArrayNode points(List<Bucket> buckets) {
        ArrayNode points = AnswerJson.array();
        for (Bucket bucket : buckets) {
            points.addArray()
                    .add(bucket.time)
                    .add(bucket.step)
                    .add(bucket.mean)
                    .add(bucket.least)
                    .add(bucket.greatest);
        }
        return points;
    }
}
