package io.espalier.actors.quickstart;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a byte-level BPE tokenizer (Sennrich et al., 2016; bytes as printable characters as in GPT-2) and writes it in
 * Hugging Face's tokenizer.json. Ties between pairs go to the lexically smaller, so the same text gives the same file.
 */
final class BpeTrainer {
    static final String END_OF_TEXT = "<|endoftext|>";

    /**
     * The pattern that splits text into words, which is Qwen2's and known to other tools: words keep the space before
     * them; digits stand alone.
     */
    private static final String SPLIT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|"
            + "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private record Pair(String left, String right) implements Comparable<Pair> {
        @Override
        public int compareTo(Pair other) {
            return Comparator.comparing(Pair::left).thenComparing(Pair::right).compare(this, other);
        }
    }

    private static final class Word {
        private List<String> symbols;
        private final long count;

        Word(List<String> symbols, long count) {
            this.symbols = symbols;
            this.count = count;
        }
    }

    private final Map<String, Integer> vocabulary = new LinkedHashMap<>();
    private final List<Pair> merges = new ArrayList<>();

    private BpeTrainer() {}

    /**
     * Learns from texts.
     *
     * @param vocabSize ids in all, end-of-text included; fewer where the text offers no more pairs
     */
    static BpeTrainer learn(Iterable<String> texts, int vocabSize) {
        BpeTrainer trainer = new BpeTrainer();
        for (int b = 0; b < 256; b++) {
            trainer.vocabulary.put(String.valueOf(character(b)), b);
        }
        List<Word> words = count(texts);
        while (trainer.vocabulary.size() < vocabSize - 1 && trainer.mergeOnce(words)) {
            // each round adds one id
        }
        return trainer;
    }

    private static List<Word> count(Iterable<String> texts) {
        Pattern split = Pattern.compile(SPLIT);
        Map<String, Long> counts = new TreeMap<>();
        for (String text : texts) {
            Matcher matcher = split.matcher(text);
            while (matcher.find()) {
                counts.merge(matcher.group(), 1L, Long::sum);
            }
        }
        List<Word> words = new ArrayList<>();
        counts.forEach((word, count) -> words.add(new Word(symbols(word), count)));
        return words;
    }

    private static List<String> symbols(String word) {
        List<String> symbols = new ArrayList<>();
        for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
            symbols.add(String.valueOf(character(b & 0xff)));
        }
        return symbols;
    }

    /** Printable bytes stand for themselves, the others for characters from U+0100 on, in order. */
    private static char character(int b) {
        int beyond = 0;
        for (int i = 0; i < b; i++) {
            beyond += printable(i) ? 0 : 1;
        }
        return (char) (printable(b) ? b : 256 + beyond);
    }

    private static boolean printable(int b) {
        return (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    }

    /** Merges the most frequent pair; false where no pair occurs twice. */
    private boolean mergeOnce(List<Word> words) {
        Map<Pair, Long> counts = new HashMap<>();
        for (Word word : words) {
            for (int i = 0; i + 1 < word.symbols.size(); i++) {
                counts.merge(new Pair(word.symbols.get(i), word.symbols.get(i + 1)), word.count, Long::sum);
            }
        }
        Map.Entry<Pair, Long> best = counts.entrySet().stream()
                .max(Map.Entry.<Pair, Long>comparingByValue()
                        .thenComparing(Map.Entry.<Pair, Long>comparingByKey().reversed()))
                .orElse(null);
        if (best == null || best.getValue() < 2) {
            return false;
        }
        Pair pair = best.getKey();
        merges.add(pair);
        vocabulary.put(pair.left + pair.right, vocabulary.size());
        words.forEach(word -> word.symbols = merged(word.symbols, pair));
        return true;
    }

    private static List<String> merged(List<String> symbols, Pair pair) {
        List<String> merged = new ArrayList<>(symbols.size());
        for (int i = 0; i < symbols.size(); i++) {
            boolean here = i + 1 < symbols.size()
                    && symbols.get(i).equals(pair.left)
                    && symbols.get(i + 1).equals(pair.right);
            merged.add(here ? pair.left + pair.right : symbols.get(i));
            i += here ? 1 : 0;
        }
        return merged;
    }

    /** Ids in all, end-of-text included. */
    int vocabSize() {
        return vocabulary.size() + 1;
    }

    /** The content of tokenizer.json. */
    String tokenizerJson() {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        root.putArray("added_tokens")
                .addObject()
                .put("id", vocabulary.size())
                .put("content", END_OF_TEXT)
                .put("single_word", false)
                .put("lstrip", false)
                .put("rstrip", false)
                .put("normalized", false)
                .put("special", true);
        root.putNull("normalizer");
        ArrayNode split =
                root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        split.addObject()
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false)
                .putObject("pattern")
                .put("Regex", SPLIT);
        byteLevel(split.addObject());
        byteLevel(root.putObject("post_processor"));
        byteLevel(root.putObject("decoder"));
        ObjectNode model = root.putObject("model")
                .put("type", "BPE")
                .put("fuse_unk", false)
                .put("byte_fallback", false);
        model.putNull("dropout")
                .putNull("unk_token")
                .putNull("continuing_subword_prefix")
                .putNull("end_of_word_suffix");
        ObjectNode ids = model.putObject("vocab");
        vocabulary.forEach(ids::put);
        ArrayNode list = model.putArray("merges");
        merges.forEach(pair -> list.add(pair.left + " " + pair.right));
        return root.toString();
    }

    private static void byteLevel(ObjectNode node) {
        node.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
    }

    /** The content of tokenizer_config.json. */
    String tokenizerConfigJson() {
        return JSON.createObjectNode()
                .put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("eos_token", END_OF_TEXT)
                .put("pad_token", END_OF_TEXT)
                .put("add_bos_token", false)
                .put("clean_up_tokenization_spaces", false)
                .toString();
    }
}
