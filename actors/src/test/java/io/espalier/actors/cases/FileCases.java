package io.espalier.actors.cases;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.cases.FormatCasesTest.Check;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;

/** Checks of files, checkpoints, tokenizers and exports. */
final class FileCases {
    /** What is not right yet. */
    static final Set<String> OPEN = Set.of(
            "base-model-without-prefix",
            "config-json-infinity",
            "dangling-index-beside-single-file",
            "directory-skips-json",
            "gguf-narrower-qwen2-unreadable",
            "gz-empty-file",
            "gz-garbage-behind",
            "gz-second-member-damaged",
            "hf-loses-additional-templates",
            "hf-narrower-llama-unreadable",
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

    private static void carriesTheTemplate(FormatCase each) throws IOException {
        key(each, "tokenizer.chat_template", Files.readString(each.folder().resolve("chat_template.jinja")));
    }
}
