package io.espalier.actors.cli;

import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** Teachers in processes of their own. */
final class TeacherRankOptions {
    @Option(
            names = "--teacher-ranks",
            paramLabel = "N",
            description = "Run N teachers and the student as processes of their own, each supervised: one that dies is"
                    + " started again, and the weights are those of the run that lost none. 0: all in this process"
                    + " (default: ${DEFAULT-VALUE}).")
    int teachers;

    @Option(
            names = "--teacher-stages",
            paramLabel = "S",
            description = "With --teacher-ranks: spread the layers of each teacher over S processes"
                    + " (default: ${DEFAULT-VALUE}).")
    int stages;

    /** A job of a command that has these options, run from here. */
    JobSpec job(String id, List<String> arguments) {
        return new JobSpec(id, arguments, Path.of("").toAbsolutePath(), teachers, stages);
    }

    boolean remote() {
        if (teachers < 0) {
            throw Refused.usage("--teacher-ranks", teachers, "must not be negative");
        }
        if (stages < 1 || (stages > 1 && teachers == 0)) {
            throw Refused.usage("--teacher-stages", stages, "must be at least 1, and more only with --teacher-ranks");
        }
        return teachers > 0;
    }
}
