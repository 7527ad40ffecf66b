package io.espalier.actors.continual;

import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.proto.state.ContinualState;
import java.nio.file.Path;

/**
 * The identity of the teacher that a run learns from.
 *
 * @param digest of its weights and what belongs to them
 */
record TeacherIdentity(Path directory, String digest) {
    static TeacherIdentity of(Path directory) {
        return new TeacherIdentity(directory, ModelDirectory.digestOf(directory));
    }

    /**
     * The teacher that a run goes on with: the one that it began with, or the one that has taken its place.
     *
     * @param given to this process
     * @throws Refused where it has other weights than the run's last checkpoint was taught by
     */
    static TeacherIdentity of(Path given, ContinualState state) {
        TeacherIdentity teacher = of(state.getTeacher().isEmpty() ? given : Path.of(state.getTeacher()));
        if (!state.getTeacherDigest().isEmpty()) {
            teacher.requireDigest(state.getTeacherDigest());
        }
        return teacher;
    }

    void requireDigest(String expected) {
        if (!digest.equals(expected)) {
            throw Refused.invalid(directory, "digest", digest, "must be " + expected);
        }
    }
}
