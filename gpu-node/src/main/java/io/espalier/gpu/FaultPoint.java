package io.espalier.gpu;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A point at which a test may end this process as SIGKILL would, with no clean-up: {@code
 * -Despalier.fault=STEP_TAKEN:7} does so when that point is reached for the seventh time. Costs nothing otherwise;
 * refused but in tests' processes (see {@link TestMode}).
 */
public enum FaultPoint {
    /** A global batch has moved the weights. */
    STEP_TAKEN,
    /** The state of a checkpoint is in memory, and nothing on disk. */
    SNAPSHOT_TAKEN,
    /** The tensors of a checkpoint are written, its manifest is not. */
    TENSORS_WRITTEN,
    /** Its manifest is written, and the directory not yet in its place. */
    MANIFEST_WRITTEN,
    /** The job's coordinator has it in its journal, and its directory is not yet in its place. */
    COMMIT_GRANTED,
    /** It is in its place, and those that it replaces are still there. */
    CHECKPOINT_COMMITTED,
    /** A checkpoint that the new one replaces is gone. */
    CHECKPOINT_REMOVED,
    /** The last step is done, and the model not yet written. */
    TRAINING_ENDED,
    /** A teacher's rank has its device, and none of its weights. */
    TEACHER_LOADING,
    /** A teacher has been asked about a batch, and has not begun with it. */
    REQUEST_TAKEN,
    /** It has computed what it will say. */
    SIGNAL_COMPUTED,
    /** Part of a frame has gone out. */
    FRAME_HALF_SENT,
    /** A whole frame has gone out. */
    FRAME_SENT;

    /** The points that a run without other processes passes. */
    public static Set<FaultPoint> ofTraining() {
        return EnumSet.range(STEP_TAKEN, TRAINING_ENDED);
    }

    /** The points that a rank passes which teaches. */
    public static Set<FaultPoint> ofTeaching() {
        return EnumSet.range(TEACHER_LOADING, FRAME_SENT);
    }

    static final String PROPERTY = "espalier.fault";
    private static final int SIGKILL_STATUS = 137;
    private static final String ARMED = TestMode.on() ? System.getProperty(PROPERTY) : null;

    private static final Map<String, Integer> VISITS = new ConcurrentHashMap<>();

    /** Says that the point is reached. */
    public void reached() {
        if (ARMED != null && ARMED.equals(name() + ":" + VISITS.merge(name(), 1, Integer::sum))) {
            Runtime.getRuntime().halt(SIGKILL_STATUS);
        }
    }
}
