package io.espalier.actors.cli;

import io.espalier.gpu.Refused;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Teachers in processes of their own. */
@Command(optionListHeading = "Teacher")
final class TeacherRankOptions {
    @Option(
            names = "--teacher-ranks",
            description =
                    "Teachers that run as processes of their own beside the student's, each supervised: one that dies"
                            + " is started again, and the weights are those of the run that lost none. 0: all in this"
                            + " process.")
    private int teachers;

    @Option(
            names = "--teacher-stages",
            paramLabel = "S",
            description = "Processes over which the layers of each teacher of --teacher-ranks are spread.")
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
