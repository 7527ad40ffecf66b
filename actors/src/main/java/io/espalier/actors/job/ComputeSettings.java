package io.espalier.actors.job;

import io.espalier.gpu.Compared;
import io.espalier.gpu.Compared.When;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;

/**
 * The device, the number format and the memory with which models are computed.
 *
 * @param threads of one operator; 0 takes the process's own choice
 * @param logitChunkBytes largest block of logits held at once
 */
public record ComputeSettings(
        @Compared(When.NEVER) String device,
        Dtype dtype,
        @Compared(When.NEVER) int threads,
        @Compared(When.NEVER) long logitChunkBytes) {
    /** Binds the calling thread to the device. */
    public Torch open() {
        return Torch.open(device, dtype, threads);
    }

    /** The same settings on a rank's device, with the rank's threads where these settings name none. */
    public ComputeSettings at(String rankDevice, int rankThreads) {
        return new ComputeSettings(rankDevice, dtype, threads == 0 ? rankThreads : threads, logitChunkBytes);
    }

    public ChunkedHead head() {
        return new ChunkedHead(logitChunkBytes);
    }
}
