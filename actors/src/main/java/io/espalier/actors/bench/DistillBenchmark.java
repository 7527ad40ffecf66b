package io.espalier.actors.bench;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.TrainingJob;
import io.espalier.actors.job.TrainingRun;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.Session;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.GemmBenchmark;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.Frozen;
import io.espalier.gpu.train.LearningRate;
import io.espalier.gpu.train.LocalStudent;
import io.espalier.gpu.train.LocalTeacher;
import io.espalier.gpu.train.OptimizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** Distillation of random weights on random ids, by the graph, ranks and kernels that distil in earnest. */
public final class DistillBenchmark {
    private static final long SEED = 0;
    private static final double LEARNING_RATE = 1e-4;
    /** The last step's teacher has nothing to prepare: it is not measured. */
    private static final int TAIL = 2;

    private final BenchShape shape;
    private final ComputeSettings compute;
    private final ChunkedHead head;
    private final boolean recompute;
    private final int warmup;
    private final int steps;

    /**
     * @param head what the loss is computed with
     * @param recompute whether the student runs its layers again for their gradients
     * @param warmup steps that are not measured
     */
    public DistillBenchmark(
            BenchShape shape, ComputeSettings compute, ChunkedHead head, boolean recompute, int warmup, int steps) {
        this.shape = shape;
        this.compute = compute;
        this.head = head;
        this.recompute = recompute;
        this.warmup = warmup;
        this.steps = steps;
    }

    /**
     * What was measured.
     *
     * @param stepMillis median
     * @param gemmGflops what this machine does in one matrix product of the compute type
     * @param mfu the models' arithmetic as a share of that
     * @param peakRssMib largest resident size of this process, and it has no other
     */
    public record Result(
            double tokensPerSecond, double stepMillis, double gemmGflops, double mfu, double peakRssMib, double kl) {}

    /** Runs it. */
    public Result run() throws IOException {
        List<Long> times = new ArrayList<>();
        double[] kl = new double[1];
        RankSettings ranks = RankSettings.of(EspalierConfig.load());
        TrainingJob job = TrainingJob.plain(_ -> teacher(), _ -> student(), _ -> batches(), warmup + steps + TAIL);
        try (TrainingRun run = new TrainingRun(job, ranks, RunPlace.alone())) {
            run.run(report -> {
                times.add(System.nanoTime());
                kl[0] = report.loss();
            });
        }
        double seconds = median(times);
        double gflops;
        try (Torch torch = compute.open()) {
            gflops = GemmBenchmark.gflops(torch);
        }
        return new Result(
                shape.tokens() / seconds,
                seconds * 1e3,
                gflops,
                shape.flops() / seconds / gflops / 1e9,
                peakRssMib(),
                kl[0]);
    }

    /** Seconds from one report to the next. */
    private double median(List<Long> times) {
        double[] seconds = new double[steps];
        for (int i = 0; i < steps; i++) {
            seconds[i] = (times.get(warmup + i) - times.get(warmup + i - 1)) / 1e9;
        }
        java.util.Arrays.sort(seconds);
        return seconds[steps / 2];
    }

    private Session teacher() {
        try (RandomWeights weights = new RandomWeights(shape.teacher(), SEED + 1)) {
            return new Session.OfTeacher(new LocalTeacher(compute.open(), shape.teacher(), weights));
        }
    }

    private Session student() {
        OptimizerSettings settings = new OptimizerSettings(
                LearningRate.of(LearningRate.Decay.CONSTANT, LEARNING_RATE, LEARNING_RATE, 0, steps, 0),
                0.9,
                0.95,
                1e-8,
                0.01,
                false,
                1.0,
                1,
                Frozen.NONE);
        try (RandomWeights weights = new RandomWeights(shape.student(), SEED + 2)) {
            return new Session.OfStudent(new LocalStudent(
                    compute.open(),
                    shape.student(),
                    weights,
                    settings,
                    Objective.of(LossMix.FORWARD_KL),
                    head,
                    (_, _, _, _) -> {},
                    recompute));
        }
    }

    private Source<TokenBatch, NotUsed> batches() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);
        long ids = (long) shape.batch() * (shape.seqLength() + 1);
        return Source.range(0, Integer.MAX_VALUE - 1)
                .map(i -> new TokenBatch(
                        i,
                        shape.batch(),
                        shape.seqLength(),
                        random.ints(ids, 0, shape.vocabSize()).toArray(),
                        null,
                        List.of()));
    }

    /** VmHWM of Linux; NaN elsewhere. */
    private static double peakRssMib() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return Double.NaN;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                .findFirst()
                .orElse(Double.NaN);
    }
}
