package io.espalier.actors.quickstart;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.card.CardFacts;
import io.espalier.actors.card.CardFile;
import io.espalier.actors.job.BatchReader;
import io.espalier.actors.job.Checkpointing;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.Economy;
import io.espalier.actors.job.Features;
import io.espalier.actors.job.ModelScorer;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.Training;
import io.espalier.actors.job.Validation;
import io.espalier.actors.pruning.CalibrationRun;
import io.espalier.actors.pruning.CalibrationText;
import io.espalier.actors.report.Interval;
import io.espalier.actors.report.RunLog;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.eval.DecodeBenchmark;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.prune.DepthCriterion;
import io.espalier.gpu.prune.Importance;
import io.espalier.gpu.prune.ImportanceSettings;
import io.espalier.gpu.prune.Pruner;
import io.espalier.gpu.prune.PruningPlan;
import io.espalier.gpu.prune.PruningTargets;
import io.espalier.gpu.prune.ScoresFile;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.BatchSettings;
import io.espalier.streams.source.BlendWeights;
import io.espalier.streams.source.Document;
import io.espalier.streams.source.DocumentReader;
import io.espalier.streams.source.Sequence;
import io.espalier.streams.source.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The whole job, step by step, below one directory. */
public final class Quickstart {
    private static final long MAX_SHARD_BYTES = 4L << 30;
    private static final int DECODE_PROMPT = 32;
    private static final int DECODE_TOKENS = 32;
    private static final int DECODE_REPEATS = 3;

    private final QuickstartSettings settings;
    private final ComputeSettings compute;
    private final Consumer<String> say;
    private final Map<String, List<Interval>> curves = new LinkedHashMap<>();

    public Quickstart(QuickstartSettings settings, ComputeSettings compute, Consumer<String> say) {
        this.settings = settings;
        this.compute = compute;
        this.say = say;
    }

    /** Makes the material and the teacher, then everything else. */
    public Outcome run() throws IOException {
        Path text = Files.createDirectories(settings.out().resolve("text"));
        say.accept("writing a corpus of tales, ledgers and recipes");
        List<Corpus.Split> splits = Corpus.write(text, settings.documents(), settings.seed());
        Material material = Material.of(
                splits.stream().map(Corpus.Split::training).toList(),
                splits.stream().map(Corpus.Split::heldOut).toList());
        Path architecture = architecture(material);
        Path teacher = settings.out().resolve("teacher");
        TrainRequest.Start start =
                new TrainRequest.Start.Random(architecture, architecture.resolve("config.json"), settings.seed());
        train("teacher", start, null, material, settings.teacherSteps(), settings.teacherLearningRate(), teacher);
        return compare(teacher, material, unigramLoss(teacher, material));
    }

    /** Runs the job with a teacher and text of the user's. */
    public Outcome run(Path teacher, List<TextFile> files) throws IOException {
        Path text = Files.createDirectories(settings.out().resolve("text"));
        Material material = HeldOutSplit.split(files, settings.reading(), text);
        return compare(teacher, material, unigramLoss(teacher, material));
    }

    /** A tokenizer learnt from the text, and the architecture that fits it. */
    private Path architecture(Material material) throws IOException {
        Path directory = Files.createDirectories(settings.out().resolve("architecture"));
        List<String> texts = new ArrayList<>();
        try (DocumentReader reader = new Sequence(material.training(), settings.reading())) {
            for (Document document = reader.next(); document != null; document = reader.next()) {
                texts.add(HeldOutSplit.text(document));
            }
        }
        BpeTrainer bpe = BpeTrainer.learn(texts, settings.vocabSize());
        Files.writeString(directory.resolve("tokenizer.json"), bpe.tokenizerJson());
        Files.writeString(directory.resolve("tokenizer_config.json"), bpe.tokenizerConfigJson());
        Files.writeString(
                directory.resolve("config.json"),
                JsonMapper.builder()
                        .build()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(Shapes.teacher(bpe.vocabSize())));
        return directory;
    }

    private Outcome compare(Path teacher, Material material, double unigramLoss) throws IOException {
        ModelConfig config = ModelConfig.read(teacher);
        Result reference = result("teacher", teacher, teacher, material);
        List<Verdict.Shape> shapes = List.of(
                shape("depth", Shapes.depth(config), teacher, material),
                shape("width", Shapes.width(config), teacher, material));
        Verdict verdict = Verdict.of(reference, unigramLoss, shapes);
        return new Outcome(reference, unigramLoss, shapes, curves, verdict);
    }

    /** Prunes to one shape, then trains two copies for the same tokens: by the text alone and by the teacher. */
    private Verdict.Shape shape(String name, PruningTargets targets, Path teacher, Material material)
            throws IOException {
        Path pruned = settings.out().resolve("pruned-" + name);
        prune(teacher, targets, material, pruned);
        TrainRequest.Start start = new TrainRequest.Start.Stored(pruned);
        Path trained = settings.out().resolve("cross-entropy-" + name);
        Path student = settings.out().resolve("student-" + name);
        train("cross entropy, " + name, start, null, material, settings.steps(), settings.learningRate(), trained);
        train("distilled, " + name, start, teacher, material, settings.steps(), settings.learningRate(), student);
        return new Verdict.Shape(
                name,
                result("pruned by " + name, pruned, teacher, material),
                result("  + cross entropy", trained, teacher, material),
                result("  + distillation", student, teacher, material));
    }

    private void prune(Path teacher, PruningTargets targets, Material material, Path out) {
        say.accept("pruning to " + out.getFileName());
        try (ModelDirectory directory = ModelDirectory.open(teacher)) {
            CalibrationText calibration =
                    new CalibrationText(text(material.training(), directory.config()), settings.samples());
            ScoresFile scores =
                    CalibrationRun.run(directory, calibration, DepthCriterion.BLOCK_INFLUENCE, compute, _ -> {});
            Importance importance =
                    Importance.of(scores.statistics(), directory.config(), ImportanceSettings.REFERENCE);
            PruningPlan plan = PruningPlan.choose(directory.config(), targets, importance);
            Pruner.prune(
                    directory,
                    plan,
                    null,
                    out,
                    MAX_SHARD_BYTES,
                    written -> CardFile.put(written, CardFacts.ofCut(written, directory, plan, out)));
        }
    }

    private void train(
            String what,
            TrainRequest.Start start,
            Path teacher,
            Material material,
            long steps,
            double learningRate,
            Path out)
            throws IOException {
        say.accept("training: " + what);
        ModelConfig config =
                ModelConfig.read(start instanceof TrainRequest.Start.Random r ? r.config() : start.directory());
        TrainRequest request = new TrainRequest(
                start,
                teacher,
                teacher == null ? LossMix.CROSS_ENTROPY : LossMix.FORWARD_KL,
                Features.NONE,
                text(material.training(), config),
                compute,
                steps,
                settings.schedule(learningRate, steps),
                Validation.NONE,
                Checkpointing.NONE,
                Economy.NONE,
                out,
                MAX_SHARD_BYTES);
        try (Training training = new Training(request, say, _ -> {})) {
            Files.createDirectories(out);
            try (RunLog log = new RunLog(
                    what,
                    out,
                    steps,
                    settings.logEvery(),
                    request.losses(),
                    training.begin(),
                    training::teacherCache,
                    training::besidesNanos)) {
                training.run(log::accept);
                curves.put(what, log.intervals());
            }
        }
    }

    private BatchSettings text(List<TextFile> files, ModelConfig config) {
        return new BatchSettings(
                files,
                BlendWeights.BY_SIZE,
                settings.reading(),
                settings.seqLength(),
                settings.batch(),
                settings.seed(),
                settings.shuffleWindow(),
                false,
                settings.documentAttention(),
                settings.parallelism(),
                config.vocabSize());
    }

    private Result result(String name, Path model, Path teacher, Material material) {
        ModelConfig config = ModelConfig.read(model);
        Scores scores = ModelScorer.score(model, teacher, text(material.heldOut(), config), compute, _ -> {});
        return new Result(name, model, config.parameters(), scores, decode(model));
    }

    private double decode(Path model) {
        try (ModelDirectory directory = ModelDirectory.open(model);
                Torch torch = compute.open();
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, torch.compute())) {
            Evaluator.Loaded loaded = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
            return DecodeBenchmark.measure(
                            torch, loaded, 1, DECODE_PROMPT, DECODE_TOKENS, DECODE_REPEATS, settings.seed())
                    .decodeTokensPerSecond();
        }
    }

    private double unigramLoss(Path model, Material material) {
        ModelConfig config = ModelConfig.read(model);
        UnigramModel unigram = new UnigramModel(config.vocabSize());
        double[] sum = new double[2];
        BatchReader.evaluation(model, text(material.training(), config), batch -> unigram.count(batch.ids()));
        BatchReader.evaluation(model, text(material.heldOut(), config), batch -> {
            int rowLength = batch.seqLength() + 1;
            for (int i = 0; i < batch.ids().length; i++) {
                if (i % rowLength != 0) {
                    sum[0] += unigram.loss(batch.ids()[i]);
                    sum[1]++;
                }
            }
        });
        return sum[0] / sum[1];
    }

    /** Everything that a quickstart found. */
    public record Outcome(
            Result teacher,
            double unigramLoss,
            List<Verdict.Shape> shapes,
            Map<String, List<Interval>> curves,
            Verdict verdict) {}
}
