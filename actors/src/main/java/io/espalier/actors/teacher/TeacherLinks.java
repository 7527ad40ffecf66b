package io.espalier.actors.teacher;

import io.espalier.actors.protocol.HostProtocol.Stage;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Opens links to teachers. */
@FunctionalInterface
public interface TeacherLinks {
    /**
     * Opens a link through all stages of one teacher.
     *
     * @param link number that no other link has had
     * @param epoch of the student
     * @param stages in order
     */
    CompletionStage<TeacherLink> open(long link, long epoch, List<Stage> stages, TeacherLink.Listener listener);
}
