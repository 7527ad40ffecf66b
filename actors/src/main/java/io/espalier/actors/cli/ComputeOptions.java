package io.espalier.actors.cli;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.Dtype;
import picocli.CommandLine.Option;

/** The options of the device, the number format and the memory that computing uses. */
final class ComputeOptions {
    private static final long CPU_LOGITS_MIB = 4;
    private static final long GPU_LOGITS_MIB = 512;

    @Option(names = "--device", paramLabel = "DEVICE", description = "cpu or cuda:N (default: ${DEFAULT-VALUE}).")
    String device;

    @Option(names = "--dtype", paramLabel = "TYPE", description = "f32 or bf16 (default: f32 on cpu, bf16 on cuda).")
    String dtype;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of one operator on a CPU; 0 takes OMP_NUM_THREADS (default: ${DEFAULT-VALUE}).")
    int threads;

    @Option(
            names = "--logit-chunk-mib",
            paramLabel = "MIB",
            description = "Logits worked on at once; 0 takes 4 on a CPU, about its cache, 512 on a GPU"
                    + " (default: ${DEFAULT-VALUE}).")
    int logitChunkMib;

    ComputeSettings settings() {
        if (threads < 0) {
            throw Refused.usage("--threads", threads, "must not be negative");
        }
        if (logitChunkMib < 0) {
            throw Refused.usage("--logit-chunk-mib", logitChunkMib, "must not be negative");
        }
        boolean gpu = device.startsWith("cuda");
        String name = dtype != null ? dtype : gpu ? "bf16" : "f32";
        long mib = logitChunkMib > 0 ? logitChunkMib : gpu ? GPU_LOGITS_MIB : CPU_LOGITS_MIB;
        return new ComputeSettings(device, Dtype.compute(name), threads, mib << 20);
    }
}
