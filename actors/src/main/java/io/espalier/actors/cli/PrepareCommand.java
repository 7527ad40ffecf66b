package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.choices.MmluFiles;
import io.espalier.actors.report.Table;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "prepare",
        description = "Converts data sets to what the other commands read.",
        subcommands = {PrepareCommand.Mmlu.class, PrepareTokensCommand.class},
        footer = {
            "",
            "Examples:",
            "  espalier prepare mmlu downloads/mmlu/data --out text/mmlu",
            "  espalier prepare tokens --tokenizer models/teacher --data text/ --out tokens/tech"
        })
final class PrepareCommand {
    @Command(
            name = "mmlu",
            description = "MMLU's own CSV files to questions: a DIR with dev/, val/ or test/ to dev.jsonl and so on.",
            footer = {
                "",
                "Example:",
                "  espalier prepare mmlu downloads/mmlu/data --out text/mmlu",
                "  espalier eval --model models/teacher --choices text/mmlu/test.jsonl --shots 5 \\",
                "      --examples text/mmlu/dev.jsonl"
            })
    static final class Mmlu implements Callable<Integer> {
        @Mixin
        private CommonOptions common;

        @Parameters(paramLabel = "DIR", description = "The unpacked archive.")
        private Path directory;

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the .jsonl files go.")
        private Path out;

        @Override
        public Integer call() throws Exception {
            Files.createDirectories(out);
            ObjectNode json = CommonOptions.object();
            Table table = new Table("file", "questions", "subjects");
            for (MmluFiles.Converted converted : MmluFiles.convert(directory, out)) {
                table.row(
                        converted.file().toString(),
                        Table.count(converted.questions()),
                        Table.count(converted.subjects()));
                json.withArray("files")
                        .addObject()
                        .put("file", converted.file().toString())
                        .put("questions", converted.questions())
                        .put("subjects", converted.subjects());
            }
            common.print(json, table.toText());
            return 0;
        }
    }
}
