package io.espalier.actors.cli;

import io.espalier.gpu.prune.Aggregation;
import io.espalier.gpu.prune.DepthCriterion;
import io.espalier.gpu.prune.ExpertCriterion;
import io.espalier.gpu.prune.ImportanceSettings;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of scores, and of the way in which importance is read out of them. */
@Command(optionListHeading = "Importance")
final class ImportanceOptions {
    @Option(
            names = "--scores",
            paramLabel = "FILE",
            description = "Scores of an earlier calibration; where there is no such file, prune writes it.")
    Path scores;

    @Option(
            names = "--depth",
            paramLabel = "CRITERION",
            description = "Criterion by which layers go: block-influence, leave-one-out or contiguous.")
    private DepthCriterion depth;

    @Option(
            names = "--seq-aggregation",
            paramLabel = "AGG",
            description = "Aggregation of activations over a row's positions: mean (of absolute values), l2 or max.")
    private Aggregation.OverSequence overSequence;

    @Option(
            names = "--row-aggregation",
            paramLabel = "AGG",
            description = "Aggregation of activations over rows: l2 or mean.")
    private Aggregation.OverRows overRows;

    @Option(
            names = "--normalise-hooks",
            description = "Divide each norm's scores of the residual channels by their mean before they are summed.")
    private boolean normaliseHooks;

    @Option(
            names = "--experts-by",
            paramLabel = "CRITERION",
            description =
                    "Criterion by which experts go: reap, the mean of weight times output where a token goes to them,"
                            + " or activation, the sum of their outputs.")
    private ExpertCriterion expertsBy;

    ImportanceSettings settings() {
        return new ImportanceSettings(new Aggregation(overSequence, overRows), depth, normaliseHooks, expertsBy);
    }
}
