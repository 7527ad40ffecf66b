package io.espalier.actors.cli;

import io.espalier.actors.job.Economy;
import io.espalier.actors.job.Features;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.program.TrainingSession;
import io.espalier.gpu.Refused;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.model.ModelConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "train",
        description =
                "Trains by cross entropy, without a teacher: fine-tuning or teacher correction of a stored model, "
                        + "or a new architecture from random weights (--config).",
        footer = {
            "",
            "Examples:",
            "  espalier train --model models/teacher --data text/ --steps 200 --out out/corrected",
            "  espalier train --config small/config.json --tokenizer models/teacher --data text/ --out out/new"
        })
final class TrainCommand implements Callable<Integer> {
    @Mixin
    private TextOptions text;

    @Mixin
    private TrainOptions training;

    @Mixin
    private ValidationOptions validation;

    @Mixin
    private CheckpointOptions checkpoints;

    @Mixin
    private OutputOptions output;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--model", paramLabel = "DIR", description = "The model to train on.")
    private Path model;

    @Option(names = "--config", paramLabel = "FILE", description = "config.json of a new model.")
    private Path config;

    @Option(
            names = "--tokenizer",
            paramLabel = "DIR",
            description = "With --config: directory of tokenizer.json (default: that of the config).")
    private Path tokenizer;

    @Override
    public Integer call() throws Exception {
        if (model == null == (config == null)) {
            throw new Refused(Refused.Reason.USAGE, "train takes either --model or --config");
        }
        int vocabSize = ModelConfig.read(model == null ? config : model).vocabSize();
        TrainRequest request = new TrainRequest(
                start(),
                null,
                LossMix.CROSS_ENTROPY,
                Features.NONE,
                text.text().of(training.data, training.weights(), vocabSize),
                compute.settings(),
                training.steps(text),
                training.schedule(text),
                validation.heldOut().validation(text.text(), vocabSize),
                checkpoints.settings(),
                new Economy(training.recompute, null, 0),
                output.out,
                output.maxShardBytes());
        return new RunReport(common, output.out, null).print(TrainingSession.run("train", request, training.logEvery));
    }

    private TrainRequest.Start start() {
        if (model != null) {
            return new TrainRequest.Start.Stored(model);
        }
        Path directory = tokenizer != null ? tokenizer : config.toAbsolutePath().getParent();
        return new TrainRequest.Start.Random(directory, config, text.seed);
    }
}
