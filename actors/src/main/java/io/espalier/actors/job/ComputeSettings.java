package io.espalier.actors.job;

import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;

/**
 * Where and how to compute.
 *
 * @param threads of one operator; 0 takes the process's own choice
 * @param logitChunkBytes largest block of logits held at once
 */
public record ComputeSettings(String device, Dtype dtype, int threads, long logitChunkBytes) {
    /** Binds the calling thread to the device. */
    public Torch open() {
        return Torch.open(device, dtype, threads);
    }

    public ChunkedHead head() {
        return new ChunkedHead(logitChunkBytes);
    }
}
