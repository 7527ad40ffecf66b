package io.espalier.actors.cases;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.cases.FormatCasesTest.Check;
import io.espalier.actors.cli.CommandLineRun;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;

/** Checks of files, checkpoints, tokenizers and exports. */
final class FileCases {
    /** The folders of the cases that are not right yet. */
    static final Set<String> OPEN = Set.of(
            "base-model-without-prefix",
            "config-json-infinity",
            "dangling-index-beside-single-file",
            "directory-skips-json",
            "gz-empty-file",
            "gz-garbage-behind",
            "gz-second-member-damaged",
            "hf-loses-additional-templates",
            "json-nan-in-another-field",
            "json-text-over-20-million",
            "llama3-original-length-at-top",
            "mistral-kv-heads-default",
            "parquet-brotli",
            "parquet-dotted-column",
            "parquet-null-row",
            "resaved-tokenizer-refused",
            "stale-index-beside-single-file",
            "text-document-aborts-jvm",
            "tied-head-differs",
            "unused-tensor-of-unknown-type");

    static final Map<String, Check> CHECKS = Map.of(
            "gguf-narrower-qwen2-unreadable",
            FileCases::isWrittenWithHeadsOfTheirOwn,
            "hf-narrower-llama-unreadable",
            FileCases::isRefusedByTheNearestWidths,
            "gguf-eos-missing",
            each -> key(each, "tokenizer.ggml.eos_token_id", 0L),
            "gguf-never-adds-bos",
            FileCases::putsBosFirst,
            "gguf-pre-tokenizer-by-model-type-qwen2",
            each -> key(each, "tokenizer.ggml.pre", "gpt-2"),
            "gguf-without-chat-template",
            FileCases::carriesTheTemplate);

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

    private static void carriesTheTemplate(FormatCase each) throws IOException {
        key(each, "tokenizer.chat_template", Files.readString(each.folder().resolve("chat_template.jinja")));
    }
}
