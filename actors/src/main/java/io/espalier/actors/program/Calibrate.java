package io.espalier.actors.program;

import io.espalier.actors.host.StudentRun;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.pruning.CalibrationRank;
import io.espalier.actors.pruning.CalibrationText;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankPlace;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * The importance of a model's parts is measured, its layers spread over ranks.
 *
 * @param data files and directories of text
 * @param samples rows of it that are read
 * @param scores the file that is written
 */
public record Calibrate(Path model, Text text, List<Path> data, long samples, ComputeSettings compute, Path scores)
        implements Job {
    public Calibrate {
        data = List.copyOf(data);
    }

    /** The text that is read, from the files that there are now. */
    public CalibrationText calibrationText() {
        return new CalibrationText(text.of(data, ModelConfig.read(model).vocabSize()), samples);
    }

    @Override
    public void check() {
        calibrationText();
    }

    @Override
    public RankFactory teacher(RankPlace rank, int stage, int stages) {
        return CalibrationRank.of(model, compute.at(rank.device(), rank.threads()), stage, stages);
    }

    @Override
    public String teacherDigest() {
        return ModelDirectory.digestOf(model);
    }

    @Override
    public StudentRun student(RankPlace rank, RunPlace place, Consumer<JobProgress> onProgress) {
        return new CalibrationSession(model, calibrationText(), scores, place, onProgress);
    }
}
