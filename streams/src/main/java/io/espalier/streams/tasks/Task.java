package io.espalier.streams.tasks;

import io.espalier.gpu.Refused;
import io.espalier.streams.chat.PythonText;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The benchmarks, each by its name, its data and its prompts in lm-eval 0.4. */
@SuppressWarnings("ImmutableEnumChecker")
public enum Task {
    ARC_EASY(new Data("arc_easy", "allenai/ai2_arc", "ARC-Easy", "test", "train"), Measure.NORMED, 0, Task::arc),
    ARC_CHALLENGE(
            new Data("arc_challenge", "allenai/ai2_arc", "ARC-Challenge", "test", "train"),
            Measure.NORMED,
            0,
            Task::arc),
    HELLASWAG(new Data("hellaswag", "Rowan/hellaswag", "", "validation", "train"), Measure.NORMED, 0, Task::hellaSwag),
    WINOGRANDE(
            new Data("winogrande", "allenai/winogrande", "winogrande_xl", "validation", "train"),
            Measure.PLAIN,
            0,
            Task::winoGrande),
    PIQA(new Data("piqa", "baber/piqa", "", "validation", "train"), Measure.NORMED, 0, Task::piqa),
    BOOLQ(new Data("boolq", "aps/super_glue", "boolq", "validation", "train"), Measure.PLAIN, 0, Task::boolQ),
    OPENBOOKQA(
            new Data("openbookqa", "allenai/openbookqa", "main", "test", "train"), Measure.NORMED, 0, Task::openBookQa),
    MMLU(new Data("mmlu", "cais/mmlu", "", "test", "dev"), Measure.PLAIN, 0, Task::mmlu),
    GSM8K(new Data("gsm8k", "openai/gsm8k", "main", "test", "train"), Measure.WRITTEN, 5, Task::gsm8k);

    /** The rule by which answers are judged. */
    public enum Measure {
        /** The likeliest choice is the answer. */
        PLAIN,
        /**
         * Two answers are judged: the likeliest choice, and the choice that is likeliest for each of its characters.
         */
        NORMED,
        /** The number at the end of a written text is the answer. */
        WRITTEN
    }

    /**
     * The place of a data set.
     *
     * @param repository on Hugging Face
     * @param configuration "" where the repository has one alone
     * @param asked the split whose items are asked
     * @param solved the split that examples come from
     */
    record Data(String name, String repository, String configuration, String asked, String solved) {}

    private static final Pattern BRACKETED = Pattern.compile("\\[.*?\\]", Pattern.UNIX_LINES);
    private static final int MMLU_CHOICES = 4;

    private final Data data;
    private final Measure measure;
    private final int shots;
    private final Function<TaskRow, Item> form;

    Task(Data data, Measure measure, int shots, Function<TaskRow, Item> form) {
        this.data = data;
        this.measure = measure;
        this.shots = shots;
        this.form = form;
    }

    /** The benchmark of a name; refuses others. */
    public static Task named(String name) {
        return Arrays.stream(values())
                .filter(task -> task.title().equals(name))
                .findFirst()
                .orElseThrow(() -> Refused.usage("tasks", name, "must be one of " + names()));
    }

    /** All names. */
    public static List<String> names() {
        return Arrays.stream(values()).map(Task::title).toList();
    }

    /** The name that lm-eval gives it. */
    public String title() {
        return data.name();
    }

    public Measure measure() {
        return measure;
    }

    /** Solved examples before an item where nobody says otherwise. */
    public int shots() {
        return shots;
    }

    Data data() {
        return data;
    }

    /** The item that a row describes. */
    Item item(TaskRow row) {
        return form.apply(row);
    }

    /**
     * Whether examples are drawn among one more than are wanted, to leave out the item itself. lm-eval does so where a task
     * has no split for tests.
     */
    boolean leavesItselfOut() {
        return data.asked().equals("validation");
    }

    private static Item arc(TaskRow row) {
        String question = "Question: " + row.text("question") + "\nAnswer:";
        List<String> labels = row.texts("choices.label");
        int gold = row.choice("answerKey", row.text("answerKey"), labels);
        return chosen(row, question, row.texts("choices.text"), labels.size(), gold);
    }

    private static Item openBookQa(TaskRow row) {
        List<String> labels = row.texts("choices.label");
        String key = row.text("answerKey").stripLeading();
        int gold = row.choice("answerKey", key, labels);
        return chosen(row, row.text("question_stem"), row.texts("choices.text"), labels.size(), gold);
    }

    private static Item chosen(TaskRow row, String question, List<String> texts, int labels, int gold) {
        if (texts.size() != labels) {
            throw Refused.invalid(
                    row.where(),
                    "choices.text",
                    texts.size() + " texts",
                    "must be the " + labels + " of choices.label");
        }
        return Item.of(row, question, texts, gold);
    }

    private static Item hellaSwag(TaskRow row) {
        String end = PythonText.capitalize(row.text("ctx_b"));
        String context = row.text("activity_label") + ": " + row.text("ctx_a") + " " + end;
        List<String> endings =
                row.texts("endings").stream().map(Task::withoutArtifacts).toList();
        return Item.of(row, withoutArtifacts(context), endings, row.choice("label", endings.size()));
    }

    /** Brackets are left over from WikiHow's pages. */
    private static String withoutArtifacts(String text) {
        String titled = PythonText.strip(text).replace(" [title]", ". ");
        return BRACKETED.matcher(titled).replaceAll("").replace("  ", " ");
    }

    private static Item winoGrande(TaskRow row) {
        String sentence = row.text("sentence");
        int blank = sentence.indexOf('_');
        if (blank < 0) {
            throw Refused.invalid(row.where(), "sentence", "'" + sentence + "'", "must hold the blank _");
        }
        String before = sentence.substring(0, blank);
        String after = PythonText.strip(sentence.substring(blank + 1));
        List<String> questions = List.of(before + row.text("option1"), before + row.text("option2"));
        return new Item(
                row, questions, List.of(after, after), row.choice("answer", row.text("answer"), List.of("1", "2")));
    }

    private static Item piqa(TaskRow row) {
        List<String> answers = List.of(row.text("sol1"), row.text("sol2"));
        return Item.of(
                row, "Question: " + row.text("goal") + "\nAnswer:", answers, row.choice("label", answers.size()));
    }

    /** SuperGLUE calls the answer label; Google's own files call it answer. */
    private static Item boolQ(TaskRow row) {
        String question = row.text("passage") + "\nQuestion: " + row.text("question") + "?\nAnswer:";
        boolean googles = !row.has("label") && row.has("answer");
        return Item.of(row, question, List.of("no", "yes"), row.truth(googles ? "answer" : "label"));
    }

    private static Item mmlu(TaskRow row) {
        List<String> choices = row.texts("choices");
        if (choices.size() != MMLU_CHOICES) {
            throw Refused.invalid(row.where(), "choices", choices.size() + " texts", "must be " + MMLU_CHOICES);
        }
        StringBuilder question = new StringBuilder(PythonText.strip(row.text("question")));
        List<String> letters = IntStream.range(0, MMLU_CHOICES)
                .mapToObj(i -> String.valueOf((char) ('A' + i)))
                .toList();
        for (int i = 0; i < MMLU_CHOICES; i++) {
            question.append('\n').append(letters.get(i)).append(". ").append(choices.get(i));
        }
        return Item.of(row, question.append("\nAnswer:").toString(), letters, row.choice("answer", MMLU_CHOICES));
    }

    private static Item gsm8k(TaskRow row) {
        return Item.of(row, "Question: " + row.text("question") + "\nAnswer:", List.of(row.text("answer")), 0);
    }
}
