package io.espalier.actors.card;

import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.PruningPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The facts that a card tells.
 *
 * @param title name of the model
 * @param original shape of the model that it was made from; null where that is not known
 * @param teacher shape of the model that it was taught by; null where there was none
 * @param terms of the model that it was made from
 * @param teacherName on Hugging Face; "" where it is not known
 * @param settings of its training, by their names
 * @param data files of its training text, by their own names
 * @param datasets those of them that lie in the cache of Hugging Face's tools, by their names there
 */
public record CardFacts(
        String title,
        ModelConfig config,
        ModelConfig original,
        ModelConfig teacher,
        Terms terms,
        String teacherName,
        CutFacts cut,
        Map<String, String> settings,
        List<String> data,
        List<String> datasets,
        TrainingFacts training) {
    /**
     * Reads the facts of a model as it lies on disk with the records of its run.
     *
     * @param original directory of the model that it was made from; null where nobody says
     * @param out the directory that it will be in
     */
    public static CardFacts ofStored(Path model, Path original, Path out) {
        ModelConfig config = ModelConfig.read(model);
        return made(
                title(out),
                config,
                original == null ? null : ModelConfig.read(original),
                original == null ? Terms.UNKNOWN : Terms.read(original),
                CutFacts.read(model, config),
                TrainingFacts.read(model));
    }

    /**
     * Reads the facts of a model that is being cut.
     *
     * @param written where its plan lies already, and the report where there is one
     * @param out the directory that it will be in
     */
    public static CardFacts ofCut(Path written, ModelDirectory original, PruningPlan plan, Path out) {
        ModelConfig config = plan.apply(original.config());
        return made(
                title(out),
                config,
                original.config(),
                Terms.read(original.path()),
                CutFacts.read(written, config),
                TrainingFacts.NONE);
    }

    /** The facts of a model without those that only its run knows. */
    private static CardFacts made(
            String title, ModelConfig config, ModelConfig original, Terms terms, CutFacts cut, TrainingFacts training) {
        return new CardFacts(title, config, original, null, terms, "", cut, Map.of(), List.of(), List.of(), training);
    }

    /**
     * Reads the facts of a model that is being trained.
     *
     * @param start directory of the model that it was made from; null for new weights
     * @param files its training text
     */
    public static CardFacts ofTrained(ModelConfig config, Path start, Map<String, String> settings, List<Path> files) {
        return new CardFacts(
                "",
                config,
                null,
                null,
                start == null ? Terms.UNKNOWN : Terms.read(start),
                "",
                start == null ? CutFacts.NONE : CutFacts.read(start, config),
                settings,
                files.stream().map(CardText::ofFile).distinct().sorted().toList(),
                files.stream()
                        .map(file -> Terms.repository(file, "datasets"))
                        .filter(name -> !name.isEmpty())
                        .distinct()
                        .sorted()
                        .toList(),
                TrainingFacts.NONE);
    }

    /** The name of a model that lies in a directory. */
    public static String title(Path directory) {
        return CardText.ofFile(directory);
    }

    /** Returns these facts for a student that is taught by the model in a directory. */
    public CardFacts taughtBy(Path directory) {
        return new CardFacts(
                title,
                config,
                original,
                ModelConfig.read(directory),
                terms,
                Terms.repository(directory, "models"),
                cut,
                settings,
                data,
                datasets,
                training);
    }

    /** Returns these facts under another title, with what is known of the training so far. */
    public CardFacts with(String name, TrainingFacts found) {
        return new CardFacts(name, config, original, teacher, terms, teacherName, cut, settings, data, datasets, found);
    }

    boolean isCut() {
        return cut.known() || (original != null && config.parameters() < original.parameters());
    }

    boolean isTaught() {
        return teacher != null
                || training.validation().properties().stream()
                        .anyMatch(file -> file.getValue().path("kl").isNumber());
    }
}
