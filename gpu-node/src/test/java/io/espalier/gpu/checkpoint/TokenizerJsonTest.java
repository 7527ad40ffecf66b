package io.espalier.gpu.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.gpu.Refused;
import io.espalier.gpu.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A tokenizer is what it means, however it is spelt, and a malformed one is refused before a library sees it. */
class TokenizerJsonTest {
    private static final String JSON = "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,"
            + "\"added_tokens\":[{\"id\":3,\"content\":\"<eos>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
            + "\"normalized\":false,\"special\":true}],\"normalizer\":null,"
            + "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true},"
            + "\"post_processor\":null,\"decoder\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},\"merges\":[\"a"
            + " b\"]}}";

    @TempDir
    Path directory;

    private TokenizerJson read(String json) throws IOException {
        Files.writeString(directory.resolve("tokenizer.json"), json);
        return TokenizerJson.read(directory);
    }

    private Optional<String> difference(String from, String to) throws IOException {
        assertThat(JSON).contains(from);
        TokenizerIdentity one = read(JSON).identity();
        TokenizerIdentity other = read(JSON.replace(from, to)).identity();
        assertThat(one.digest().equals(other.digest()))
                .isEqualTo(one.difference(other).isEmpty());
        return one.difference(other);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
        ["a b"]                    | [["a","b"]]
        "merges":                  | "dropout":null,"fuse_unk":false,"continuing_subword_prefix":"","merges":
        ,"use_regex":true          |
        "trim_offsets":true,"use_  | "trim_offsets":false,"use_
        "a":0,"b":1                | "b":1,"a":0
        "normalizer":null          | "normalizer":{"type":"Sequence","normalizers":[]}
        "post_processor":null      | "post_processor":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true}
        "truncation":null          | "truncation":{"direction":"Right","max_length":5,"strategy":"LongestFirst","stride":0}
        "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true} | "decoder":null
        """)
    void spellingDoesNotMatter(String from, String to) throws IOException {
        assertThat(difference(from, to == null ? "" : to)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
        "a":0,"b":1                | "a":1,"b":0               | token 0 is "a" in one and "b" in the other
        "<eos>"                    | "<end>"                   | token 3 is "<eos>" in one and "<end>" in the other
        ["a b"]                    | []                        | merge 0 is "a b" in one and absent in the other
        "rstrip":false             | "rstrip":true             | added token 3 is
        "add_prefix_space":false   | "add_prefix_space":true   | pre_tokenizer is
        "normalizer":null          | "normalizer":{"type":"NFC"} | normalizer is null in one and {"type":"NFC"}
        "post_processor":null      | "post_processor":{"type":"TemplateProcessing","single":[],"pair":[],"special_tokens":{}} | post_processor is
        """)
    void aRealDifferenceIsNamed(String from, String to, String message) throws IOException {
        assertThat(difference(from, to))
                .hasValueSatisfying(text -> assertThat(text).contains(message));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
        "decoder":{                | "decoder":{5,             | content is no JSON (line 1, column
        "decoder":{"type":"ByteLevel" | "decoder":{"type":"Bytes" | decoder.type is "Bytes": must be one of
        "decoder":{"type":"ByteLevel","add_prefix_space":true | "decoder":{"type":"ByteLevel","add_prefix_space":1 | decoder.add_prefix_space is 1: must be a flag
        "b":1                      | "b":-1                    | model.vocab[b] is -1: must be an id
        "b":1                      | "b":0                     | must be its own id
        ["a b"]                    | ["a c"]                   | must be two tokens whose sum is a token
        ["a b"]                    | ["a b c"]                 | must be two tokens whose sum is a token
        "id":3                     | "id":"3"                  | added_tokens.id is "3": must be an id
        "id":3                     | "id":1                    | must be its own: b has it
        "type":"BPE"               | "type":"BPX"              | model.type is BPX: must be one of
        "merges":["a b"]}}         | "merges":["a b"]}         | content is no JSON
        "version"                  | "decoder":null,"version"  | content is no JSON
        """)
    void malformationIsRefusedByFieldValueAndRule(String from, String to, String message) {
        assertThat(JSON).contains(from);
        assertThatThrownBy(() -> read(JSON.replace(from, to)))
                .isInstanceOf(Refused.class)
                .hasMessageStartingWith(directory.resolve("tokenizer.json").toString())
                .hasMessageContaining(message);
    }

    @Test
    void everyBeginningOfAFileIsRefused() {
        for (int length = 0; length < JSON.length(); length++) {
            String cut = JSON.substring(0, length);
            assertThatThrownBy(() -> read(cut)).as(cut).isInstanceOf(Refused.class);
        }
    }

    @Test
    @Tag("golden")
    void oneThatTransformersSavedAgainIsTheSame() {
        Path pair = Shared.require("cases/formats/resaved-tokenizer-refused");
        TokenizerIdentity teacher = TokenizerJson.read(pair.resolve("teacher")).identity();
        TokenizerIdentity student = TokenizerJson.read(pair.resolve("student")).identity();
        assertThat(teacher.difference(student)).isEmpty();
        assertThat(teacher.digest()).isEqualTo(student.digest());
    }
}
