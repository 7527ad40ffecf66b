package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.eval.DecodeBenchmark;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Torch;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "bench",
        description = "Measures speed on this machine.",
        synopsisSubcommandLabel = "WHAT",
        subcommands = {BenchCommand.Decode.class, BenchDistillCommand.class},
        footer = {
            "",
            "Examples:",
            "  espalier bench decode --model out/student",
            "  espalier bench distill --vocab 4096",
            "  espalier bench distill --remote"
        })
final class BenchCommand {
    @Command(
            name = "decode",
            description = "Tokens per second of taking in a prompt (prefill) and of writing on (decode), greedy.",
            footer = {"", "Example:", "  espalier bench decode --model out/student --batch-sizes 1,8"})
    static final class Decode implements Callable<Integer> {
        @Mixin
        private CommonOptions common;

        @Mixin
        private ComputeOptions compute;

        @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model to time.")
        private Path model;

        @Option(names = "--batch-sizes", split = ",", paramLabel = "N", description = "Rows written at once.")
        private List<Integer> batchSizes;

        @Option(names = "--prompt-length", description = "Tokens of the prompt.")
        private int promptLength;

        @Option(names = "--new-tokens", description = "Tokens written to each row.")
        private int newTokens;

        @Option(names = "--repeats", description = "Number of measurements, of which the median is told.")
        private int repeats;

        @Option(names = "--seed", description = "Seed of the prompts.")
        private long seed;

        @Override
        public Integer call() {
            if (promptLength < 1
                    || newTokens < 1
                    || repeats < 1
                    || batchSizes.stream().anyMatch(b -> b < 1)) {
                throw new Refused(Refused.Reason.USAGE, "bench decode: sizes must be at least 1");
            }
            ObjectNode json = CommonOptions.object();
            ArrayNode results = json.putArray("decode");
            Table table = new Table("batch", "prefill tokens/s", "decode tokens/s");
            try (ModelDirectory directory = ModelDirectory.open(model);
                    Torch torch = compute.settings().open();
                    Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, torch.compute())) {
                Evaluator.Loaded loaded = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
                for (int batch : batchSizes) {
                    DecodeBenchmark.Result result =
                            DecodeBenchmark.measure(torch, loaded, batch, promptLength, newTokens, repeats, seed);
                    results.addObject()
                            .put("batch", batch)
                            .put("prefill_tokens_per_s", result.prefillTokensPerSecond())
                            .put("decode_tokens_per_s", result.decodeTokensPerSecond());
                    table.row(
                            Integer.toString(batch),
                            Table.count(Math.round(result.prefillTokensPerSecond())),
                            Table.count(Math.round(result.decodeTokensPerSecond())));
                }
            }
            common.print(json, table.toText());
            return 0;
        }
    }
}
