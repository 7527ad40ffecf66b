package io.espalier.actors.cli;

import io.espalier.actors.job.Checkpointing;
import io.espalier.actors.program.Job;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options by which a run can be taken up again. */
@Command(optionListHeading = "Checkpoints")
final class CheckpointOptions {
    @Option(names = "--checkpoint-every", description = "Steps between two checkpoints; 0 for none.")
    private long every;

    @Option(names = "--keep-checkpoints", description = "Number of checkpoints, the newest ones, that stay.")
    private int keep;

    @Option(
            names = "--resume",
            description = "Go on in --out from its newest whole checkpoint, or begin where it has none.")
    boolean resume;

    @Option(
            names = "--override",
            split = ",",
            paramLabel = "NAME",
            description =
                    "Settings in which a run taken up by --resume may differ from itself: global-batch, seq-length,"
                            + " learning-rate, steps.")
    private Set<String> override = Set.of();

    Job.Checkpoints checkpoints() {
        return new Job.Checkpoints(every, keep, override);
    }

    Checkpointing settings() {
        return new Checkpointing(every, keep, resume, override);
    }
}
