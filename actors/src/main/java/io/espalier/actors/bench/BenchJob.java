package io.espalier.actors.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.proto.job.Jobs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A benchmark whose ranks are processes, as these read it: a file in a directory of its own, where what was found is written, too.
 * It is no kind of job; the job that a cluster has of it says only where it is.
 *
 * @param logitChunkBytes largest block of logits held at once by the loss
 * @param warmup steps that are not measured
 */
public record BenchJob(
        BenchShape shape, ComputeSettings compute, long logitChunkBytes, boolean recompute, int warmup, int steps) {
    private static final String NAME = "bench-distill";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** The benchmark on the device that its settings name. */
    public DistillBenchmark benchmark() {
        return at(compute);
    }

    /** The benchmark on the device of a rank. */
    public DistillBenchmark at(String device, int threads) {
        return at(compute.at(device, threads));
    }

    private DistillBenchmark at(ComputeSettings there) {
        return new DistillBenchmark(shape, there, new ChunkedHead(logitChunkBytes), recompute, warmup, steps);
    }

    /** Writes it into a directory; gives the job whose ranks read it there. */
    public JobSpec writeTo(Path directory) throws IOException {
        Files.write(file(directory), JSON.writeValueAsBytes(this));
        return new JobSpec(NAME, Jobs.Job.getDefaultInstance(), directory, 1, 1);
    }

    /** The benchmark that the ranks of such a job run. */
    public static BenchJob of(JobSpec job) {
        try {
            return JSON.readValue(file(job.directory()).toFile(), BenchJob.class);
        } catch (IOException e) {
            throw new UncheckedIOException(job.directory().toString(), e);
        }
    }

    private static Path file(Path directory) {
        return directory.resolve("benchmark.json");
    }

    /** The file that the student of such a job leaves in the directory. */
    public static Path found(Path directory) {
        return directory.resolve("found.json");
    }
}
