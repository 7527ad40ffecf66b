package io.espalier.actors.job;

import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankLink;
import io.espalier.streams.distill.TeacherPort;

/** The ranks of a run, for what is done between its steps. */
public final class RunRanks {
    private final RankLink student;
    /** Null where the run has none. */
    private final TeacherPort teacher;
    /** The teacher where it is in this process, else null. */
    private final OwnTeacher own;

    RunRanks(RankLink student, TeacherPort teacher, OwnTeacher own) {
        this.student = student;
        this.teacher = teacher;
        this.own = own;
    }

    public RankLink student() {
        return student;
    }

    /** Null where the run has none. */
    public TeacherPort teacher() {
        return teacher;
    }

    public boolean canReplaceTeacher() {
        return own != null;
    }

    /** Has another teacher from the next step on. Until the old one has answered what it was asked, both are in memory. */
    public void replaceTeacher(RankFactory factory) {
        own.replace(factory);
    }
}
