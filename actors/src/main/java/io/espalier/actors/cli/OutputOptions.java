package io.espalier.actors.cli;

import io.espalier.actors.program.Job;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of a model's place on disk. */
@Command(optionListHeading = "Output")
final class OutputOptions {
    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Directory to write, which must not exist; it is complete when it holds config.json.")
    Path out;

    @Option(
            names = "--max-shard-mib",
            paramLabel = "MIB",
            description = "Largest size of one safetensors file's tensors, in MiB.")
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
