package io.espalier.actors.cli;

import io.espalier.actors.program.Job;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options of a model's place on disk. */
final class OutputOptions {
    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Where to write; must not exist. Complete when it holds config.json.")
    Path out;

    @Option(
            names = "--max-shard-mib",
            paramLabel = "MIB",
            description = "Tensor bytes of one safetensors file (default: ${DEFAULT-VALUE}).")
    long maxShardMib;

    Job.Output output() {
        return new Job.Output(out, maxShardBytes());
    }

    long maxShardBytes() {
        if (maxShardMib < 1) {
            throw Refused.usage("--max-shard-mib", maxShardMib, "must be at least 1");
        }
        return maxShardMib << 20;
    }
}
