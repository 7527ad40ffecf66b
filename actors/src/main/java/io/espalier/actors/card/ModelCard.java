package io.espalier.actors.card;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.report.Table;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** The text of a model's card. The same facts give the same text: no time and no path is told. */
public final class ModelCard {
    private static final double MIB = 1 << 20;
    /** Files of training text that are named; the others are counted. */
    private static final int NAMED_FILES = 20;

    private static final String RUNNING = """

        ## Running it

        With this directory as `model`:

        ```python
        from transformers import AutoModelForCausalLM, AutoTokenizer

        model = AutoModelForCausalLM.from_pretrained("model", dtype="auto")
        tokenizer = AutoTokenizer.from_pretrained("model")
        ```

        vLLM serves it by `vllm serve model`. `espalier export --format gguf --model model --out model.gguf` writes one \
        file for llama.cpp, where llama.cpp knows the architecture, and `model.Modelfile` beside it, from which \
        `ollama create model -f model.Modelfile` makes a model for Ollama.

        ## Limits

        Nothing beyond the figures above was measured for this card.
        """;

    private ModelCard() {}

    /** Returns the card that tells these facts. */
    public static String of(CardFacts facts) {
        StringBuilder text = new StringBuilder(CardFront.of(facts));
        text.append("\n# ").append(CardText.escaped(facts.title())).append("\n\nMade with Espalier");
        String base = facts.terms().name();
        text.append(base.isEmpty() ? ".\n" : " from `" + base + "`.\n");
        text.append("\n## Shape\n\n").append(shape(facts).toMarkdown()).append('\n');
        if (facts.cut().known()) {
            text.append(facts.cut().section());
        }
        if (facts.training().steps() > 0) {
            text.append(training(facts));
        }
        return text.append(RUNNING).toString();
    }

    /** A model, and its name at the head of a column. */
    private record Column(String called, ModelConfig config) {}

    private static Table shape(CardFacts facts) {
        List<Column> columns = Stream.of(
                        new Column("original", facts.original()),
                        new Column("teacher", facts.teacher()),
                        new Column("this model", facts.config()))
                .filter(column -> column.config != null)
                .toList();
        Table table = new Table(Stream.concat(Stream.of(""), columns.stream().map(Column::called))
                .toArray(String[]::new));
        row(table, columns, "parameters", ModelConfig::parameters);
        row(table, columns, "layers", ModelConfig::numHiddenLayers);
        row(table, columns, "hidden size", ModelConfig::hiddenSize);
        row(table, columns, "intermediate size", ModelConfig::intermediateSize);
        row(table, columns, "query heads", ModelConfig::numAttentionHeads);
        row(table, columns, "key-value heads", ModelConfig::numKeyValueHeads);
        row(table, columns, "experts", ModelConfig::numExperts);
        row(table, columns, "vocabulary", ModelConfig::vocabSize);
        row(table, columns, "positions", ModelConfig::maxPositionEmbeddings);
        row(table, columns, "weights, MiB", ModelCard::weightMebibytes);
        return table;
    }

    /** A number that one of the models has not, 0, is left out. */
    private static void row(Table table, List<Column> columns, String what, ToLongFunction<ModelConfig> number) {
        List<Long> numbers = columns.stream()
                .map(column -> number.applyAsLong(column.config))
                .toList();
        if (!numbers.contains(0L)) {
            table.row(Stream.concat(Stream.of(what), numbers.stream().map(Table::count))
                    .toArray(String[]::new));
        }
    }

    /** Memory of all weights in the type that the configuration names; 0 where it names another. */
    private static long weightMebibytes(ModelConfig config) {
        Optional<TensorType> type = Stream.of(TensorType.values())
                .filter(TensorType::isWeight)
                .filter(each -> each.torchName().equals(config.dtype()))
                .findFirst();
        return type.map(each -> (long) Math.ceil(config.parameters() * each.bytes() / MIB))
                .orElse(0L);
    }

    private static String training(CardFacts facts) {
        TrainingFacts training = facts.training();
        StringBuilder text = new StringBuilder("\n## Training\n\nThe model was trained for ")
                .append(Table.count(training.steps()))
                .append(" steps");
        if (training.tokens() > 0) {
            text.append(" on ").append(Table.count(training.tokens())).append(" tokens");
        }
        text.append(".");
        if (!facts.teacherName().isEmpty()) {
            text.append(" Its teacher was `").append(facts.teacherName()).append("`.");
        }
        text.append('\n');
        if (!facts.settings().isEmpty()) {
            Table table = new Table("setting", "value");
            facts.settings().forEach(table::row);
            text.append("\nThe settings of its last steps:\n\n")
                    .append(table.toMarkdown())
                    .append('\n');
        }
        if (!facts.data().isEmpty()) {
            text.append("\nThe text that it has learnt from:\n\n").append(data(facts.data()));
        }
        if (training.validated() > 0) {
            text.append("\nHeld-out text was scored after step ")
                    .append(Table.count(training.validated()))
                    .append(":\n\n")
                    .append(validation(training.validation()).toMarkdown())
                    .append('\n');
        }
        return text.toString();
    }

    private static String data(List<String> files) {
        List<String> lines = new ArrayList<>();
        files.stream().limit(NAMED_FILES).forEach(file -> lines.add("- " + CardText.code(file) + "\n"));
        int others = files.size() - lines.size();
        if (others > 0) {
            lines.add("- and " + Table.count(others) + " more files\n");
        }
        return String.join("", lines);
    }

    private static Table validation(JsonNode files) {
        Table table = new Table("text", "loss", "teacher's loss", "KL to the teacher", "agreement %");
        files.properties().forEach(file -> {
            JsonNode scores = file.getValue();
            table.row(
                    CardText.code(CardText.ofFile(file.getKey())),
                    number(scores, "loss", 1, 4),
                    number(scores, "teacher_loss", 1, 4),
                    number(scores, "kl", 1, 4),
                    number(scores, "top1_agreement", 100, 1));
        });
        return table;
    }

    private static String number(JsonNode scores, String name, double factor, int decimals) {
        return Table.number(scores.path(name).asDouble(Double.NaN) * factor, decimals);
    }
}
