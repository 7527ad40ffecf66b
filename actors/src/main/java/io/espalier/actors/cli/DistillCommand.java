package io.espalier.actors.cli;

import io.espalier.actors.job.TrainRequest;
import io.espalier.gpu.model.ModelConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "distill",
        description = "Teaches a student to answer like its teacher: forward KL at temperature 1 over the vocabulary.",
        footer = {
            "",
            "Example:",
            "  espalier distill --teacher models/teacher --student out/depth --data tech.jsonl.gz --steps 400 \\",
            "      --out out/student"
        })
final class DistillCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private TextOptions text;

    @Mixin
    private TrainOptions training;

    @Mixin
    private OutputOptions output;

    @Option(names = "--teacher", required = true, paramLabel = "DIR", description = "The model to learn from.")
    private Path teacher;

    @Option(names = "--student", required = true, paramLabel = "DIR", description = "The model that learns.")
    private Path student;

    @Override
    public Integer call() throws Exception {
        TrainRequest request = new TrainRequest(
                new TrainRequest.Start.Stored(student),
                teacher,
                text.settings(training.data, ModelConfig.read(student).vocabSize()),
                compute.settings(),
                training.steps,
                training.schedule(text.batch),
                output.out,
                output.maxShardBytes());
        TrainingSession.print(common, request, TrainingSession.run("distill", request, training.logEvery));
        return 0;
    }
}
