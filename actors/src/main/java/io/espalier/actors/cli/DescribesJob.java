package io.espalier.actors.cli;

import io.espalier.actors.program.Job;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** A command whose work a cluster can do as a job. */
sealed interface DescribesJob permits ContinualCommand, DistillCommand {
    /** The job that its options describe. */
    Job job();

    /** Teachers in processes of their own; 0 where the student has its own. */
    default int teachers() {
        return 0;
    }

    /** Processes that share the layers of one of them. */
    default int stages() {
        return 1;
    }

    /** The job by a name, checked as far as can be without loading anything. */
    default JobSpec job(String id, Path directory) {
        Job job = job();
        job.check();
        return job.spec(id, directory, teachers(), stages());
    }

    /** The command that arguments are of, the verb first. */
    static DescribesJob of(CommandLine line, List<String> arguments) {
        ParseResult parsed = line.parseArgs(arguments.toArray(String[]::new));
        if (parsed.hasSubcommand() && parsed.subcommand().commandSpec().userObject() instanceof DescribesJob command) {
            return command;
        }
        throw new Refused(Refused.Reason.USAGE, arguments.getFirst() + ": a job is a distill or a continual command");
    }
}
