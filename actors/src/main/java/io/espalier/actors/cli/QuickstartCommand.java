package io.espalier.actors.cli;

import io.espalier.actors.quickstart.Quickstart;
import io.espalier.actors.quickstart.QuickstartReport;
import io.espalier.actors.quickstart.QuickstartSettings;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.StagedDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "quickstart",
        description =
                "The whole job in about five minutes on two cores: writes a corpus, trains a small teacher, prunes it"
                        + " by depth and by width, distils both, compares with cross entropy alone, and judges itself"
                        + " (exit 5 where it falls short). With --teacher and --text it does so with yours.",
        footer = {
            "",
            "Examples:",
            "  espalier quickstart",
            "  espalier quickstart --teacher models/teacher --text tech.jsonl.gz --out out/mine"
        })
final class QuickstartCommand implements Callable<Integer> {
    @Mixin
    private TextOptions text;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--out", paramLabel = "DIR", description = "Directory of all that is made.")
    private Path out;

    @Option(
            names = "--teacher",
            paramLabel = "DIR",
            description = "Model to learn from instead of one trained here; needs --text.")
    private Path teacher;

    @Option(names = "--text", arity = "1..*", paramLabel = "FILE", description = "Text to learn on with --teacher.")
    private List<Path> files;

    @Option(names = "--documents", description = "Documents of each domain of the corpus.")
    private int documents;

    @Option(names = "--vocab-size", description = "Entries of the tokenizer's vocabulary.")
    private int vocabSize;

    @Option(names = "--teacher-steps", description = "Training steps of the teacher.")
    private long teacherSteps;

    @Option(names = "--teacher-learning-rate", paramLabel = "LR", description = "Learning rate of the teacher.")
    private double teacherLearningRate;

    @Option(names = "--steps", description = "Training steps of each student.")
    private long steps;

    @Option(names = "--learning-rate", paramLabel = "LR", description = "Learning rate of each student.")
    private double learningRate;

    @Option(names = "--samples", description = "Rows of calibration.")
    private long samples;

    @Option(names = "--log-every", description = "Steps between two lines of progress.")
    private long logEvery;

    @Override
    public Integer call() throws Exception {
        if (teacher == null != (files == null)) {
            throw new Refused(Refused.Reason.USAGE, "--teacher and --text go together");
        }
        StagedDirectory.requireFree(out);
        Files.createDirectories(out);
        QuickstartSettings settings = new QuickstartSettings(
                out,
                documents,
                vocabSize,
                teacherSteps,
                teacherLearningRate,
                steps,
                learningRate,
                OptimizerOptions.usual(),
                samples,
                text.seqLength,
                text.batch,
                text.reading.settings(),
                text.shuffleWindow,
                text.documentAttention,
                text.reading.parallelism,
                text.seed,
                logEvery);
        Quickstart quickstart = new Quickstart(settings, compute.settings(), line -> System.err.println("== " + line));
        QuickstartReport report = new QuickstartReport(
                teacher == null ? quickstart.run() : quickstart.run(teacher, text.reading.find(files)));
        report.write(out);
        common.print(report.json(), "\n" + report.text() + "\n\nreport, charts and students: " + out);
        NextSteps.say(
                common,
                out,
                RunReport.next(out.resolve("student-depth"), teacher == null ? out.resolve("teacher") : teacher));
        return report.passed() ? 0 : Refused.Reason.VALIDATION.exitCode();
    }
}
