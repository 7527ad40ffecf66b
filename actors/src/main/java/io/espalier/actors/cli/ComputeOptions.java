package io.espalier.actors.cli;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.Refused;
import io.espalier.gpu.torch.Dtype;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of the device, the number format and the memory that computing uses. */
@Command(optionListHeading = "Computing")
final class ComputeOptions {
    private static final long CPU_LOGITS_MIB = 4;
    private static final long GPU_LOGITS_MIB = 512;

    @Option(names = "--device", paramLabel = "DEVICE", description = "Device that computes: cpu or cuda:N.")
    String device;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description =
                    "Type of the numbers that are computed with: f32 or bf16 (default: f32 on cpu, bf16 on cuda).")
    String dtype;

    @Option(names = "--threads", description = "Threads of one operator on a CPU; 0 takes OMP_NUM_THREADS.")
    int threads;

    @Option(
            names = "--logit-chunk-mib",
            paramLabel = "MIB",
            description =
                    "Size of the logits worked on at once, in MiB; 0 takes 4 on a CPU, about its cache, 512 on a GPU.")
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
