package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.TokenFile;
import io.espalier.actors.report.Progress;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "tokens",
        description = "Text to token ids in the files that Megatron reads and writes: OUT.bin and OUT.idx. Each"
                + " document is closed by end-of-text; --data of the other commands takes the result.",
        footer = {
            "",
            "Examples:",
            "  espalier prepare tokens --tokenizer models/teacher --data text/ --out tokens/tech",
            "  espalier distill --teacher models/teacher --student out/depth --data tokens/tech.bin --out out/student"
        })
final class PrepareTokensCommand implements Callable<Integer> {
    @Mixin
    private ReadOptions reading;

    @Mixin
    private CommonOptions common;

    @Option(
            names = "--tokenizer",
            required = true,
            paramLabel = "DIR",
            description = "Directory of the tokenizer.json: a model's.")
    private Path tokenizer;

    @Option(
            names = "--data",
            required = true,
            arity = "1..*",
            paramLabel = "FILE",
            description = "Text: " + ReadOptions.FORMATS + ".")
    private List<Path> data;

    @Option(
            names = "--max-tokens",
            description = "Number of tokens after which no further document is begun (default: all text).")
    private Long maxTokens;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "PREFIX",
            description = "Where to write: PREFIX.bin and PREFIX.idx, which must not exist.")
    private Path out;

    @Override
    public Integer call() {
        if (maxTokens != null && maxTokens < 1) {
            throw Refused.usage("--max-tokens", maxTokens, "must be at least 1");
        }
        TokenFile written;
        try (Progress progress = new Progress("tokens", 0)) {
            written = TokenFile.write(
                    tokenizer,
                    reading.find(data),
                    reading.settings(),
                    reading.parallelism,
                    maxTokens == null ? Long.MAX_VALUE : maxTokens,
                    out,
                    progress::at);
        }
        print(written);
        return 0;
    }

    private void print(TokenFile written) {
        ObjectNode json = CommonOptions.object();
        json.put("out", out.toString());
        json.put("documents", written.documents());
        json.put("empty_documents", written.empty());
        json.put("tokens", written.tokens());
        json.put("bytes_per_token", written.bytesPerToken());
        common.print(
                json,
                new Table("measure", "value")
                        .row("documents", Table.count(written.documents()))
                        .row("empty, left out", Table.count(written.empty()))
                        .row("tokens", Table.count(written.tokens()))
                        .row("bytes per token", Table.count(written.bytesPerToken()))
                        .row("out", out + ".bin, " + out + ".idx")
                        .toText());
    }
}
