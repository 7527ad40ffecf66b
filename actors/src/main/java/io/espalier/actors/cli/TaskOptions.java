package io.espalier.actors.cli;

import io.espalier.gpu.Refused;
import io.espalier.streams.tasks.TaskPart;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Benchmarks to run. */
@Command(optionListHeading = "Benchmarks")
final class TaskOptions {
    @Option(
            names = "--tasks",
            split = ",",
            paramLabel = "TASK",
            description = "Benchmarks, as lm-eval 0.4 prompts and scores them: arc_easy, arc_challenge, hellaswag, "
                    + "winogrande, piqa, boolq, openbookqa, mmlu, gsm8k.")
    List<String> tasks = List.of();

    @Option(
            names = "--task-data",
            paramLabel = "DIR",
            description = "Where their data sets lie: a folder each, named after the task or as on Hugging Face, such "
                    + "as allenai/ai2_arc/ARC-Easy, with Parquet files or JSON lines by split.")
    private Path data;

    @Option(names = "--limit", description = "Questions at most of each benchmark, and of each subject of mmlu.")
    private Integer limit;

    @Option(
            names = "--task-log",
            paramLabel = "FILE",
            description = "Write each answer to this file: a line of JSON with log-likelihoods or the text written.")
    Path log;

    boolean named() {
        return !tasks.isEmpty();
    }

    /** @param shots null for each task's own */
    TaskPart.Settings settings(Integer shots, TextOptions text) {
        if (data == null) {
            throw new Refused(Refused.Reason.USAGE, "--task-data: must name the directory of the data of --tasks");
        }
        return new TaskPart.Settings(
                data, shots, limit, text.seed, text.reading.settings().maxLineBytes());
    }
}
