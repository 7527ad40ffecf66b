package io.espalier.actors.cli;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.Dtype;
import picocli.CommandLine.Option;

/** Where and how to compute. */
final class ComputeOptions {
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
            description = "Largest block of logits held at once (default: ${DEFAULT-VALUE}).")
    int logitChunkMib;

    ComputeSettings settings() {
        if (threads < 0) {
            throw Refused.usage("--threads", threads, "must not be negative");
        }
        if (logitChunkMib < 1) {
            throw Refused.usage("--logit-chunk-mib", logitChunkMib, "must be at least 1");
        }
        String name = dtype != null ? dtype : device.startsWith("cuda") ? "bf16" : "f32";
        return new ComputeSettings(device, Dtype.compute(name), threads, (long) logitChunkMib << 20);
    }
}
