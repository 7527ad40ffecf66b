package io.espalier.actors.cli;

import io.espalier.actors.host.JobPrograms;
import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import io.espalier.gpu.Refused;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Jobs described as the command that would run them in one process, on the device of a rank. */
final class CommandPrograms implements JobPrograms {
    private final RankPlace place;
    /** A teacher's weights do not change under a job, and are slow to read. */
    private final Map<String, String> digests = new ConcurrentHashMap<>();

    CommandPrograms(RankPlace place) {
        this.place = place;
    }

    @Override
    public RankFactory teacher(JobSpec job, int stage, int stages) {
        return command(job).teacher(place, stage, stages);
    }

    @Override
    public String teacherDigest(JobSpec job) {
        return digests.computeIfAbsent(job.id(), _ -> command(job).teacherDigest());
    }

    @Override
    public StudentRun student(JobSpec job, RunPlace run, Consumer<JobProgress> onProgress) {
        return command(job).student(place, run, onProgress);
    }

    private static RankedCommand command(JobSpec job) {
        return command(Main.commandLine(), job.arguments());
    }

    /** The command of arguments, the verb first. */
    static RankedCommand command(CommandLine line, List<String> arguments) {
        ParseResult parsed = line.parseArgs(arguments.toArray(String[]::new));
        while (parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        if (parsed.commandSpec().userObject() instanceof RankedCommand ranked) {
            return ranked;
        }
        throw new Refused(
                Refused.Reason.USAGE,
                arguments.getFirst() + ": a job is a distill, a continual, a prune or a bench distill command");
    }
}
