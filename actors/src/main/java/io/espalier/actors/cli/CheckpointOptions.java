package io.espalier.actors.cli;

import io.espalier.actors.job.Checkpointing;
import io.espalier.actors.program.Job;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options by which a run can be taken up again. */
final class CheckpointOptions {
    @Option(
            names = "--checkpoint-every",
            paramLabel = "N",
            description = "Steps between two checkpoints; 0 for none (default: ${DEFAULT-VALUE}).")
    private long every;

    @Option(
            names = "--keep-checkpoints",
            paramLabel = "N",
            description = "How many of the newest stay (default: ${DEFAULT-VALUE}).")
    private int keep;

    @Option(
            names = "--resume",
            description = "Go on in --out from its newest whole checkpoint, or begin where it has none.")
    boolean resume;

    @Option(
            names = "--override",
            split = ",",
            paramLabel = "NAME",
            description = "With --resume: let global-batch, seq-length, learning-rate or steps differ from the run's.")
    private Set<String> override = Set.of();

    Job.Checkpoints checkpoints() {
        return new Job.Checkpoints(every, keep, override);
    }

    Checkpointing settings() {
        return new Checkpointing(every, keep, resume, override);
    }
}
