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
    private CommonOptions common;

    @Mixin
    private ComputeOptions compute;

    @Option(names = "--vocab", paramLabel = "N", description = "vocab_size (default: ${DEFAULT-VALUE}).")
    private int vocabSize;

    @Option(names = "--hidden", paramLabel = "N", description = "hidden_size (default: ${DEFAULT-VALUE}).")
    private int hidden;

    @Option(names = "--ffn", paramLabel = "N", description = "The teacher's (default: ${DEFAULT-VALUE}).")
    private int ffn;

    @Option(names = "--heads", paramLabel = "N", description = "Query heads (default: ${DEFAULT-VALUE}).")
    private int heads;

    @Option(names = "--kv-heads", paramLabel = "N", description = "Key-value heads (default: ${DEFAULT-VALUE}).")
    private int kvHeads;

    @Option(names = "--head-dim", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int headDim;

    @Option(names = "--teacher-layers", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int teacherLayers;

    @Option(names = "--student-layers", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int studentLayers;

    @Option(names = "--student-ffn", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.")
    private int studentFfn;

    @Option(names = "--batch", paramLabel = "N", description = "Rows of a step (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--seq", paramLabel = "N", description = "Tokens of a row (default: ${DEFAULT-VALUE}).")
    private int seqLength;

    @Option(
            names = "--loss",
            paramLabel = "HOW",
            description = "chunked, or full: all logits at once (default: ${DEFAULT-VALUE}).")
    private Loss loss;

    @Option(names = "--chunk", paramLabel = "N", description = "Tokens of a chunk (default: by --logit-chunk-mib).")
    private Integer chunk;

    @Option(names = "--recompute", description = "The student runs its layers again for their gradients.")
    private boolean recompute;

    @Option(names = "--steps", paramLabel = "N", description = "Median over these (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(names = "--warmup", paramLabel = "N", description = "Steps before them (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(
            names = "--remote",
            description = "Measure besides how fast it is with the teacher in another process, and compare.")
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
