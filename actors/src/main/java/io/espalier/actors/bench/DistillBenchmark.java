package io.espalier.actors.bench;

import com.typesafe.config.Config;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.RunPlace;
import io.espalier.actors.job.TrainingJob;
import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.rank.Session;
import io.espalier.actors.teacher.PoolSettings;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.Sha256;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.eval.GemmBenchmark;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.Frozen;
import io.espalier.gpu.train.LearningRate;
import io.espalier.gpu.train.LocalStudent;
import io.espalier.gpu.train.LocalTeacher;
import io.espalier.gpu.train.OptimizerSettings;
import io.espalier.gpu.train.TaughtFromAfar;
import io.espalier.gpu.train.TeacherHead;
import io.espalier.gpu.train.WholeTeacher;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/** Distillation of random weights on random ids, by the graph, ranks and kernels that distil in earnest. */
public final class DistillBenchmark {
    private static final long BATCH_SEED = 0;
    private static final long TEACHER_SEED = 1;
    private static final long STUDENT_SEED = 2;
    private static final double LEARNING_RATE = 1e-4;

    private final BenchShape shape;
    private final ComputeSettings compute;
    private final ChunkedHead head;
    private final boolean recompute;
    private final RankSettings ranks;
    private final MeasuredRun.Span span;

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
        Config config = EspalierConfig.load();
        this.ranks = RankSettings.of(config);
        this.span = new MeasuredRun.Span(shape.tokens(), warmup, steps, ahead(PoolSettings.of(config), ranks));
    }

    /**
     * The number of last steps that are not measured: while the student makes them its teacher has nothing more to
     * prepare.
     */
    private static int ahead(PoolSettings afar, RankSettings here) {
        return afar.window() + here.prefetch();
    }

    /**
     * The measurement in this process.
     *
     * @param gemmGflops what this machine does in one matrix product of the compute type
     * @param mfu the models' arithmetic as a share of that
     * @param peakRssMib largest resident size of this process, and it has no other
     */
    public record Result(Speed speed, double gemmGflops, double mfu, double peakRssMib) {}

    /** Runs it with both ranks in this process. */
    public Result run() throws IOException {
        Speed speed;
        try (MeasuredRun run = alone()) {
            speed = run.measure(_ -> {}).orElseThrow(() -> new IllegalStateException("nobody stops this run"));
        }
        double gflops;
        try (Torch torch = compute.open()) {
            gflops = GemmBenchmark.gflops(torch);
        }
        double mfu = shape.flops() / shape.tokens() * speed.tokensPerSecond() / gflops / 1e9;
        return new Result(speed, gflops, mfu, peakRssMib());
    }

    /** Makes the run with both ranks in this process. */
    MeasuredRun alone() {
        return measured(
                _ -> new Session.OfTeacher(localTeacher()),
                _ -> new Session.OfStudent(localStudent()),
                RunPlace.alone());
    }

    /**
     * The student's part of it, where the teacher is in another process.
     *
     * @param place of the student's rank, with that teacher; closed with the run
     */
    public MeasuredRun taughtFromAfar(RunPlace place) {
        return measured(null, _ -> studentFromAfar(), place);
    }

    /** The teacher's part of the run with two processes. */
    public RankFactory remoteTeacher() {
        return _ -> new Session.OfStage(new WholeTeacher(localTeacher()));
    }

    /** Tells the teacher from others. */
    public String teacherDigest() {
        return Sha256.of((TEACHER_SEED + " " + shape.teacher().json()).getBytes(StandardCharsets.UTF_8));
    }

    /** Steps of a run, those that are not measured included. */
    public int allSteps() {
        return span.all();
    }

    private MeasuredRun measured(RankFactory teacher, RankFactory student, RunPlace place) {
        TrainingJob job = TrainingJob.plain(teacher, student, _ -> batches(), span.all());
        return new MeasuredRun(job, ranks, place, span);
    }

    private Session studentFromAfar() {
        LocalStudent student = localStudent();
        try {
            return new Session.OfStudent(new TaughtFromAfar(student, teacherHead()));
        } catch (RuntimeException e) {
            student.close();
            throw e;
        }
    }

    private LocalTeacher localTeacher() {
        try (RandomWeights weights = teacherWeights()) {
            return onDevice(torch -> new LocalTeacher(torch, shape.teacher(), weights));
        }
    }

    private TeacherHead teacherHead() {
        return onDevice(torch -> TeacherHead.open(torch, shape.teacher(), teacherWeights()));
    }

    private RandomWeights teacherWeights() {
        return new RandomWeights(shape.teacher(), TEACHER_SEED);
    }

    private LocalStudent localStudent() {
        OptimizerSettings settings = new OptimizerSettings(
                LearningRate.of(LearningRate.Decay.CONSTANT, LEARNING_RATE, LEARNING_RATE, 0, span.all(), 0),
                new Adam(0.9, 0.95, 1e-8, 0.01, 1.0),
                false,
                1,
                Frozen.NONE);
        try (RandomWeights weights = new RandomWeights(shape.student(), STUDENT_SEED)) {
            return onDevice(torch -> new LocalStudent(
                    torch,
                    shape.student(),
                    weights,
                    settings,
                    Objective.of(LossMix.FORWARD_KL),
                    head,
                    (_, _, _, _) -> {},
                    recompute));
        }
    }

    /** Opens something on the device, which is given back where that fails. */
    private <T> T onDevice(Function<Torch, T> open) {
        Torch torch = compute.open();
        try {
            return open.apply(torch);
        } catch (RuntimeException e) {
            torch.close();
            throw e;
        }
    }

    private Source<TokenBatch, NotUsed> batches() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(BATCH_SEED);
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

    /** The largest resident size of this process, VmHWM of Linux; NaN elsewhere. */
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
