package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.eval.Evaluator;
import io.espalier.gpu.eval.Generator;
import io.espalier.gpu.eval.Sampling;
import io.espalier.gpu.model.CausalLm;
import io.espalier.gpu.model.Weights;
import io.espalier.gpu.torch.Torch;
import io.espalier.streams.batch.Beginning;
import io.espalier.streams.batch.StopIds;
import io.espalier.streams.batch.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.random.RandomGeneratorFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "generate",
        description = "Continues a prompt, until end-of-text or --max-tokens.",
        footer = {
            "",
            "Example:",
            "  espalier generate --model out/student --prompt 'The garden' --temperature 0.8 --top-p 0.95"
        })
final class GenerateCommand implements Callable<Integer> {
    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model that writes.")
    private Path model;

    @Option(names = "--prompt", required = true, paramLabel = "TEXT", description = "Text to continue.")
    private String prompt;

    @Option(names = "--max-tokens", description = "Length of the continuation at most, in tokens.")
    private int maxTokens;

    @Option(names = "--temperature", paramLabel = "T", description = "Temperature of the draw; 0 is greedy.")
    private double temperature;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Share of the probability that is drawn from (nucleus), 0 to 1.")
    private double topP;

    @Option(names = "--seed", description = "Seed of the draw.")
    private long seed;

    @Option(
            names = "--bos",
            paramLabel = "HOW",
            description = "Whether the prompt begins with what its tokenizer puts first: tokenizer or never.")
    private Beginning beginning;

    @Override
    public Integer call() {
        Sampling sampling = new Sampling(temperature, topP);
        if (maxTokens < 1) {
            throw Refused.usage("--max-tokens", maxTokens, "must be at least 1");
        }
        try (ModelDirectory directory = ModelDirectory.open(model);
                Tokenizer tokenizer = Tokenizer.open(model);
                Torch torch = compute.settings().open();
                Weights weights = Weights.frozen(torch, directory.config(), directory::tensor, torch.compute())) {
            int[] ids = tokenizer.encode(prompt, beginning);
            StopIds stop = StopIds.read(model, tokenizer);
            if (ids.length == 0) {
                throw Refused.usage("--prompt", "''", "must hold at least one token");
            }
            Evaluator.Loaded loaded = new Evaluator.Loaded(new CausalLm(torch, directory.config()), weights);
            List<Integer> written = new ArrayList<>();
            try (Generator generator = new Generator(torch, loaded, 1, ids.length + maxTokens)) {
                generator.write(
                        ids,
                        maxTokens,
                        sampling,
                        RandomGeneratorFactory.of("L64X128MixRandom").create(seed),
                        stop::contains,
                        written::add);
            }
            String text = continuation(tokenizer, ids, written);
            ObjectNode json = CommonOptions.object();
            json.put("prompt", prompt);
            json.put("text", text);
            json.put("prompt_tokens", ids.length);
            json.put("tokens", written.size());
            common.print(json, prompt + text);
        }
        return 0;
    }

    /** Prompt and continuation are decoded together: a token's blank or the rest of a character depends on what is before. */
    private static String continuation(Tokenizer tokenizer, int[] prompt, List<Integer> written) {
        int[] all = Arrays.copyOf(prompt, prompt.length + written.size());
        for (int i = 0; i < written.size(); i++) {
            all[prompt.length + i] = written.get(i);
        }
        String before = tokenizer.decode(prompt);
        String whole = tokenizer.decode(all);
        return whole.startsWith(before)
                ? whole.substring(before.length())
                : tokenizer.decode(Arrays.copyOfRange(all, prompt.length, all.length));
    }
}
