package io.espalier.actors.rank;

import io.espalier.gpu.train.Student;
import io.espalier.gpu.train.Teacher;
import io.espalier.gpu.train.TeacherStage;

/** The model that a rank holds: all of its native memory is reachable from here. */
public sealed interface Session extends AutoCloseable {
    /** A frozen model that is asked what it thinks of a batch. */
    record OfTeacher(Teacher teacher) implements Session {
        @Override
        public void close() {
            teacher.close();
        }
    }

    /** Some layers of a frozen model, or all, that are asked over links. */
    record OfStage(TeacherStage stage) implements Session {
        @Override
        public void close() {
            stage.close();
        }
    }

    /** A model under training. */
    record OfStudent(Student student) implements Session {
        @Override
        public void close() {
            student.close();
        }
    }

    @Override
    void close();
}
