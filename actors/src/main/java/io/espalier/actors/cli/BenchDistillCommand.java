package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.bench.BenchJob;
import io.espalier.actors.bench.BenchShape;
import io.espalier.actors.bench.DistillBenchmark;
import io.espalier.actors.bench.Speed;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.program.RemoteTeacherBenchmark;
import io.espalier.gpu.Refused;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "distill",
        description =
                "Tokens per second of distillation by forward KL, of random weights of a given shape on random ids,"
                        + " through the graph, the ranks and the kernels that distil in earnest. With --remote first in"
                        + " one process, then with teacher and student in processes of their own, as distill"
                        + " --teacher-ranks 1 runs them: what is computed is the same.",
        footer = {
            "",
            "Examples:",
            "  espalier bench distill --vocab 4096 --dtype bf16",
            "  espalier bench distill --remote --steps 40"
        })
final class BenchDistillCommand implements Callable<Integer> {
    /** The part of the logits that is held at once: all of them, or a chunk. */
    enum Loss {
        FULL,
        CHUNKED
    }

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--vocab", description = "vocab_size of both models.")
    private int vocabSize;

    @Option(names = "--hidden", description = "hidden_size of both models.")
    private int hidden;

    @Option(names = "--ffn", description = "intermediate_size of the teacher.")
    private int ffn;

    @Option(names = "--heads", description = "Query heads of both models.")
    private int heads;

    @Option(names = "--kv-heads", description = "Key-value heads of both models.")
    private int kvHeads;

    @Option(names = "--head-dim", description = "head_dim of both models.")
    private int headDim;

    @Option(names = "--teacher-layers", description = "Layers of the teacher.")
    private int teacherLayers;

    @Option(names = "--student-layers", description = "Layers of the student.")
    private int studentLayers;

    @Option(names = "--student-ffn", description = "intermediate_size of the student.")
    private int studentFfn;

    @Option(names = "--batch", description = "Rows of a step.")
    private int batch;

    @Option(names = "--seq", description = "Tokens of a row.")
    private int seqLength;

    @Option(
            names = "--loss",
            paramLabel = "HOW",
            description = "Way through the logits: chunked, or full, all at once.")
    private Loss loss;

    @Option(names = "--chunk", description = "Tokens of a chunk (default: by --logit-chunk-mib).")
    private Integer chunk;

    @Option(names = "--recompute", description = "Run the student's layers again for their gradients.")
    private boolean recompute;

    @Option(names = "--steps", description = "Measured steps, of which the median is told.")
    private int steps;

    @Option(names = "--warmup", description = "Steps before those that are measured.")
    private int warmup;

    @Option(
            names = "--remote",
            description = "Measure how fast it is with the teacher in another process too, and compare.")
    private boolean remote;

    @Override
    public Integer call() throws Exception {
        ComputeSettings settings = compute.settings();
        BenchJob job = job(settings);
        DistillBenchmark.Result here = job.benchmark().run();
        Speed afar = remote ? new RemoteTeacherBenchmark(Main.BENCH_WIRING, job).measure() : null;
        BenchDistillReport report = new BenchDistillReport(here, afar);
        ObjectNode json = CommonOptions.object();
        json.put("mode", "espalier").put("loss", EnumNames.of(loss));
        json.put("recompute", recompute);
        json.put("dtype", EnumNames.of(settings.dtype())).put("vocab", vocabSize);
        report.addTo(json);
        common.print(json, report.text());
        return 0;
    }

    private BenchJob job(ComputeSettings settings) {
        if (steps < 1 || warmup < 1 || (chunk != null && chunk < 1)) {
            throw new Refused(Refused.Reason.USAGE, "--steps, --warmup and --chunk: must be at least 1");
        }
        BenchShape shape = new BenchShape(
                vocabSize,
                hidden,
                ffn,
                heads,
                kvHeads,
                headDim,
                teacherLayers,
                studentLayers,
                studentFfn,
                batch,
                seqLength);
        return new BenchJob(shape, settings, logitChunkBytes(settings), recompute, warmup, steps);
    }

    private long logitChunkBytes(ComputeSettings settings) {
        long tokens = loss == Loss.FULL ? (long) batch * seqLength : chunk == null ? 0 : chunk;
        return tokens == 0 ? settings.logitChunkBytes() : tokens * vocabSize * Float.BYTES;
    }
}
