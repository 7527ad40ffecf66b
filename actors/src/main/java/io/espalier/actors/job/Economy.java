package io.espalier.actors.job;

import io.espalier.gpu.Refused;
import java.nio.file.Path;

/**
 * The ways in which a run saves memory or time; none of them changes a number, so a run may be taken up again with
 * another.
 *
 * @param recompute whether the student keeps the inputs of its layers alone, and runs each again for its gradient
 * @param teacherCache where what the teacher says is kept; null for nowhere
 * @param teacherCacheBytes of all that is kept there
 */
public record Economy(boolean recompute, Path teacherCache, long teacherCacheBytes) {
    public static final Economy NONE = new Economy(false, null, 0);

    private static final double GIB = 1L << 30;

    public Economy {
        if (teacherCache != null && teacherCacheBytes < 1) {
            throw Refused.usage("--teacher-cache-gib", teacherCacheBytes / GIB, "must be above 0");
        }
    }
}
