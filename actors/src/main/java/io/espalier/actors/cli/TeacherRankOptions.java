package io.espalier.actors.cli;

import io.espalier.gpu.Refused;
import picocli.CommandLine.Option;

/** Teachers in processes of their own. */
final class TeacherRankOptions {
    @Option(
            names = "--teacher-ranks",
            paramLabel = "N",
            description = "Run N teachers and the student as processes of their own, each supervised: one that dies is"
                    + " started again, and the weights are those of the run that lost none. 0: all in this process"
                    + " (default: ${DEFAULT-VALUE}).")
    private int teachers;

    @Option(
            names = "--teacher-stages",
            paramLabel = "S",
            description = "With --teacher-ranks: spread the layers of each teacher over S processes"
                    + " (default: ${DEFAULT-VALUE}).")
    private int stages;

    int stages() {
        if (stages < 1 || (stages > 1 && teachers() == 0)) {
            throw Refused.usage("--teacher-stages", stages, "must be at least 1, and more only with --teacher-ranks");
        }
        return stages;
    }

    /** 0 for none beside the student's own. */
    int teachers() {
        if (teachers < 0) {
            throw Refused.usage("--teacher-ranks", teachers, "must not be negative");
        }
        return teachers;
    }
}
