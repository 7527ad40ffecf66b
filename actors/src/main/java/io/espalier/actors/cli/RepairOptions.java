package io.espalier.actors.cli;

import io.espalier.actors.pruning.RefitSettings;
import io.espalier.actors.pruning.Repair;
import io.espalier.gpu.Refused;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options of compensation without training. */
@Command(optionListHeading = "Repair")
final class RepairOptions {
    private enum Choice {
        AUTO,
        NONE,
        GAINS,
        REFIT
    }

    @Option(
            names = "--compensate",
            split = ",",
            paramLabel = "HOW",
            description = "Repair of what is left: gains rescales norms after removing residual channels; refit solves"
                    + " o_proj and down_proj by least squares, which reads the calibration text once more; none; or"
                    + " auto: gains, and refit where --calibration names text.")
    private Set<Choice> compensate;

    @Option(
            names = "--ridge",
            paramLabel = "SHARE",
            description = "Ridge of the refit's least squares, as a share of mean energy.")
    private double ridge;

    @Option(
            names = "--refit-memory-mib",
            paramLabel = "MIB",
            description = "Size of the Gram matrices held at once, in MiB; layers beyond it take another pass.")
    private long memoryMib;

    /** @param text whether there is calibration text to refit on */
    Set<Repair> repairs(boolean text) {
        boolean alone = compensate.contains(Choice.NONE) || compensate.contains(Choice.AUTO);
        if (alone && compensate.size() > 1) {
            throw Refused.usage("--compensate", compensate, "none and auto each stand alone");
        }
        Set<Repair> repairs = EnumSet.noneOf(Repair.class);
        for (Choice choice : compensate) {
            switch (choice) {
                case AUTO -> repairs.addAll(text ? EnumSet.allOf(Repair.class) : EnumSet.of(Repair.GAINS));
                case NONE -> {}
                case GAINS -> repairs.add(Repair.GAINS);
                case REFIT -> repairs.add(Repair.REFIT);
            }
        }
        return repairs;
    }

    RefitSettings settings() {
        return new RefitSettings(ridge, memoryMib << 20);
    }
}
