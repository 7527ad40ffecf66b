package io.espalier.actors.cases;

import io.espalier.actors.cases.FormatCasesTest.Check;
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
            "gguf-eos-missing",
            "gguf-narrower-qwen2-unreadable",
            "gguf-never-adds-bos",
            "gguf-pre-tokenizer-by-model-type-qwen2",
            "gguf-without-chat-template",
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

    static final Map<String, Check> CHECKS = Map.of();

    private FileCases() {}
}
