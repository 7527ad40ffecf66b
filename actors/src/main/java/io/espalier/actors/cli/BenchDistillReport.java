package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.bench.DistillBenchmark;
import io.espalier.actors.bench.Speed;
import io.espalier.actors.report.Table;

/**
 * The results of the benchmark of distillation.
 *
 * @param here in one process
 * @param afar with the teacher in another; null where that was not asked for
 */
record BenchDistillReport(DistillBenchmark.Result here, Speed afar) {
    /** Adds it to what was measured. */
    void addTo(ObjectNode json) {
        Speed speed = here.speed();
        json.put("tokens_per_s", speed.tokensPerSecond()).put("step_ms", speed.stepMillis());
        json.put("gemm_gflops", here.gemmGflops()).put("mfu", here.mfu());
        json.put("peak_rss_mb", here.peakRssMib()).put("kl", speed.kl());
        if (afar != null) {
            json.putObject("remote")
                    .put("tokens_per_s", afar.tokensPerSecond())
                    .put("step_ms", afar.stepMillis())
                    .put("mfu", here.mfu() * ratio())
                    .put("kl", afar.kl())
                    .put("of_one_process", ratio());
        }
    }

    /** The remote teacher's tokens per second to those of one process. */
    private double ratio() {
        return afar.tokensPerSecond() / here.speed().tokensPerSecond();
    }

    String text() {
        return afar == null ? alone() : beside();
    }

    private String alone() {
        return new Table("measure", "value")
                .row("tokens/s", Table.count(Math.round(here.speed().tokensPerSecond())))
                .row("step ms", Table.number(here.speed().stepMillis(), 1))
                .row("matrix product GFLOP/s", Table.number(here.gemmGflops(), 1))
                .row("share of it (MFU)", Table.number(here.mfu(), 3))
                .row("peak RSS MiB", Table.count(Math.round(here.peakRssMib())))
                .toText();
    }

    private String beside() {
        Speed speed = here.speed();
        return new Table("measure", "in one process", "teacher remote", "ratio")
                .row(
                        "tokens/s",
                        Table.count(Math.round(speed.tokensPerSecond())),
                        Table.count(Math.round(afar.tokensPerSecond())),
                        Table.number(ratio(), 2))
                .row(
                        "step ms",
                        Table.number(speed.stepMillis(), 1),
                        Table.number(afar.stepMillis(), 1),
                        Table.number(afar.stepMillis() / speed.stepMillis(), 2))
                .row("KL, last step", Table.number(speed.kl(), 4), Table.number(afar.kl(), 4), "-")
                .row("matrix product GFLOP/s", Table.number(here.gemmGflops(), 1), "-", "-")
                .row("share of it (MFU)", Table.number(here.mfu(), 3), Table.number(here.mfu() * ratio(), 3), "-")
                .row("peak RSS MiB", Table.count(Math.round(here.peakRssMib())), "-", "-")
                .toText();
    }
}
