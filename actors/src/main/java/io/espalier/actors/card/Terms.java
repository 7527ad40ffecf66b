package io.espalier.actors.card;

import io.espalier.gpu.LaxJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name and the terms that a model's own files tell, which are those of what is made from it, too. Only plain words are
 * taken over, so that nothing can be put into another card by them; anything else is as unknown as what is not there.
 *
 * @param name on Hugging Face, owner/name; where the model has none there, that of the one it was made from; "" where
 *     neither is known
 * @param license fields of the front that begin with "license", by their names
 * @param languages empty where none is known
 */
record Terms(String name, Map<String, String> license, List<String> languages) {
    static final Terms UNKNOWN = new Terms("", Map.of(), List.of());

    private static final String WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
    private static final Pattern REPOSITORY = Pattern.compile(WORD + "/" + WORD);
    private static final Pattern LINK = Pattern.compile("https://[A-Za-z0-9][A-Za-z0-9./_-]{0,250}");
    /** A directory of the cache of Hugging Face's own tools. */
    private static final Pattern CACHED = Pattern.compile("(models|datasets)--(" + WORD + "?)--(" + WORD + ")");
    /** A field of the front that stands at its margin, with what follows on the line. */
    private static final Pattern FIELD = Pattern.compile("([a-z_]+):(.*)");

    private static final Pattern ITEM = Pattern.compile("\\s*-\\s+(.*)");
    /** Characters of a card that are looked at; a front is some hundred lines at most. */
    private static final int FRONT = 1 << 16;

    /** Reads name and terms from README.md and config.json of a model's directory, and from where it lies. */
    static Terms read(Path model) {
        Map<String, List<String>> front = front(model.resolve(CardFile.NAME));
        List<String> languages = front.getOrDefault("language", List.of()).stream()
                .filter(language -> language.matches(WORD))
                .toList();
        return new Terms(name(model, front), license(front), languages);
    }

    /** The license with the fields that go with it; none of them without it. */
    private static Map<String, String> license(Map<String, List<String>> front) {
        Map<String, String> license = new LinkedHashMap<>();
        String name = only(front, "license");
        if (name.matches(WORD)) {
            license.put("license", name);
            String other = only(front, "license_name");
            if (other.matches(WORD)) {
                license.put("license_name", other);
            }
            String link = only(front, "license_link");
            if (link.matches(WORD) || LINK.matcher(link).matches()) {
                license.put("license_link", link);
            }
        }
        return license;
    }

    private static String name(Path model, Map<String, List<String>> front) {
        String cached = repository(model, "models");
        if (!cached.isEmpty()) {
            return cached;
        }
        String told = LaxJson.readIfThere(model.resolve("config.json"))
                .path("_name_or_path")
                .asText("");
        if (isRepository(told)) {
            return told;
        }
        String base = only(front, "base_model");
        return isRepository(base) ? base : "";
    }

    /** A directory by the same words is no name on Hugging Face. */
    private static boolean isRepository(String name) {
        return REPOSITORY.matcher(name).matches() && !Files.exists(Path.of(name));
    }

    /** The name that the cache of Hugging Face's tools has for what lies in it; "" for all else. */
    static String repository(Path path, String kind) {
        for (Path part : path.toAbsolutePath().normalize()) {
            Matcher cached = CACHED.matcher(part.toString());
            if (cached.matches() && cached.group(1).equals(kind)) {
                return cached.group(2) + "/" + cached.group(3);
            }
        }
        return "";
    }

    private static String only(Map<String, List<String>> front, String field) {
        List<String> values = front.getOrDefault(field, List.of());
        return values.size() == 1 ? values.getFirst() : "";
    }

    /** Fields of plain values and of lists of them; of what is deeper nothing is made that would pass for a word. */
    private static Map<String, List<String>> front(Path card) {
        Map<String, List<String>> fields = new LinkedHashMap<>();
        List<String> values = new ArrayList<>();
        for (String line : frontLines(card)) {
            Matcher named = FIELD.matcher(line);
            Matcher item = ITEM.matcher(line);
            if (named.matches()) {
                values = new ArrayList<>();
                // A field that is named twice has no value: neither is believed more than the other.
                fields.merge(named.group(1), values, (_, _) -> List.of());
                String value = named.group(2).strip();
                if (!value.isEmpty()) {
                    for (String each : value.replaceAll("^\\[|]$", "").split(",", -1)) {
                        values.add(bare(each));
                    }
                }
            } else if (item.matches()) {
                values.add(bare(item.group(1)));
            }
        }
        return fields;
    }

    private static String bare(String value) {
        return value.strip().replaceAll("^(['\"])(.*)\\1$", "$2");
    }

    private static List<String> frontLines(Path card) {
        if (!Files.isRegularFile(card)) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        try (var reader = Files.newBufferedReader(card)) {
            String line = reader.readLine();
            if (line == null || !line.strip().equals("---")) {
                return List.of();
            }
            int read = 0;
            for (line = reader.readLine(); line != null && read < FRONT; line = reader.readLine()) {
                if (line.stripTrailing().equals("---")) {
                    return lines;
                }
                lines.add(line);
                read += line.length();
            }
            return List.of();
        } catch (IOException unreadable) {
            return List.of();
        }
    }
}
