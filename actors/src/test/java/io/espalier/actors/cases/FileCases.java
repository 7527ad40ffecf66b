package io.espalier.actors.cases;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.cases.FormatCasesTest.Check;
import io.espalier.actors.cli.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks of files, checkpoints, tokenizers and exports. */
final class FileCases {
    /** Cases without an input: their READMEs make one of 20 MB first, which takes minutes to tokenise. */
    static final Set<String> MADE_FIRST = Set.of("json-text-over-20-million", "text-document-aborts-jvm");

    static final Map<String, Check> CHECKS = Map.ofEntries(
            Map.entry("directory-skips-json", FileCases::tellsOfThePassedOverFile),
            Map.entry("gguf-eos-missing", each -> key(each, "tokenizer.ggml.eos_token_id", 0L)),
            Map.entry("gguf-narrower-qwen2-unreadable", FileCases::isWrittenWithHeadsOfTheirOwn),
            Map.entry("gguf-never-adds-bos", FileCases::putsBosFirst),
            Map.entry("gguf-pre-tokenizer-by-model-type-qwen2", each -> key(each, "tokenizer.ggml.pre", "gpt-2")),
            Map.entry("gguf-without-chat-template", FileCases::carriesTheTemplate),
            Map.entry("gz-empty-file", FileCases::isRefusedWithAReason),
            Map.entry("gz-garbage-behind", FileCases::isRefusedWithAReason),
            Map.entry("gz-second-member-damaged", FileCases::isRefusedWithAReason),
            Map.entry("hf-loses-additional-templates", FileCases::keepsBothTemplates),
            Map.entry("hf-narrower-llama-unreadable", FileCases::isRefusedByTheNearestWidths),
            Map.entry("parquet-brotli", FileCases::isCalledNotSupported),
            Map.entry("parquet-null-row", FileCases::isPassedOverWhereAskedFor),
            Map.entry("resaved-tokenizer-refused", FileCases::isTheSameModel));

    private FileCases() {}

    /** The file that the README's command writes says this. */
    private static void key(FormatCase each, String key, Object value) throws IOException {
        each.json();
        assertThat(written(each).get(key)).isEqualTo(value);
    }

    private static Map<String, Object> written(FormatCase each) throws IOException {
        return GgufKeys.read(each.out().resolve(each.name() + ".gguf"));
    }

    private static void putsBosFirst(FormatCase each) throws IOException {
        key(each, "tokenizer.ggml.add_bos_token", true);
        assertThat(written(each)).containsEntry("tokenizer.ggml.bos_token_id", 0L);
        assertThat(written(each)).containsEntry("tokenizer.ggml.add_eos_token", false);
    }

    /** llama.cpp's qwen2 takes no such model, its llama does. */
    private static void isWrittenWithHeadsOfTheirOwn(FormatCase each) throws IOException {
        each.json();
        String student = each.out().resolve(each.name()).toString();
        String file = each.out().resolve(each.name() + ".gguf").toString();
        CommandLineRun export = CommandLineRun.of("export", "--model", student, "--format", "gguf", "--out", file);
        assertThat(export.exitCode()).as(export.err()).isZero();
        assertThat(written(each)).containsEntry("general.architecture", "llama");
        assertThat(written(each)).containsEntry("llama.embedding_length", 12L);
        assertThat(written(each)).containsEntry("llama.attention.key_length", 8L);
    }

    private static void isRefusedByTheNearestWidths(FormatCase each) {
        CommandLineRun run = each.run();
        assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).contains("--hidden", "13", "12, 14");
    }

    private static void tellsOfThePassedOverFile(FormatCase each) {
        CommandLineRun run = each.run();
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).contains("part.json.gz");
    }

    private static void isRefusedWithAReason(FormatCase each) {
        CommandLineRun run = each.run();
        assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
        assertThat(run.err()).contains("a.jsonl.gz").doesNotContain("(null)");
    }

    private static void keepsBothTemplates(FormatCase each) {
        CommandLineRun run = each.run();
        assertThat(run.exitCode()).as(run.err()).isZero();
        for (String template : List.of("chat_template.jinja", "additional_chat_templates/tool_use.jinja")) {
            assertThat(each.out().resolve(each.name()).resolve(template))
                    .hasSameBinaryContentAs(each.folder().resolve(template));
        }
    }

    private static void isCalledNotSupported(FormatCase each) {
        CommandLineRun run = each.run();
        assertThat(run.exitCode()).as(run.err()).isEqualTo(5);
        assertThat(run.err()).contains("BROTLI", "supported").doesNotContain("damaged");
    }

    private static void isPassedOverWhereAskedFor(FormatCase each) throws IOException {
        CommandLineRun refused = each.run();
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(5);
        assertThat(refused.err()).contains("row 3", "null");
        // The file has seven rows: one is null, and one is empty.
        JsonNode json = each.with("--null-text", "skip").json();
        assertThat(json.path("documents").asInt()).isEqualTo(5);
        assertThat(json.path("empty_documents").asInt()).isEqualTo(1);
    }

    private static void isTheSameModel(FormatCase each) throws IOException {
        JsonNode json = each.json();
        assertThat(json.path("kl").asDouble(1)).isZero();
        assertThat(json.path("top1_agreement").asDouble()).isEqualTo(1);
    }

    private static void carriesTheTemplate(FormatCase each) throws IOException {
        key(each, "tokenizer.chat_template", Files.readString(each.folder().resolve("chat_template.jinja")));
    }
}
