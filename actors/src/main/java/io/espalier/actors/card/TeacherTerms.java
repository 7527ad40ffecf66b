package io.espalier.actors.card;

import io.espalier.gpu.LaxJson;
import io.espalier.gpu.disk.DiskFault;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The terms and the name that a model's own files tell. Only plain words are taken over, so that nothing can be put into
 * another card by them; anything else is as unknown as what is not there.
 *
 * @param name on Hugging Face, owner/name; "" where it is not known
 * @param license "" where it is not known
 * @param languages empty where none is known
 */
record TeacherTerms(String name, String license, List<String> languages) {
    static final TeacherTerms UNKNOWN = new TeacherTerms("", "", List.of());

    private static final String WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
    private static final Pattern REPOSITORY = Pattern.compile(WORD + "/" + WORD);
    /** A field of the front that stands at its margin, with what follows on the line. */
    private static final Pattern FIELD = Pattern.compile("([a-z_]+):(.*)");

    private static final Pattern ITEM = Pattern.compile("\\s*-\\s+(.*)");
    /** Characters of a card that are looked at; a front is some hundred lines at most. */
    private static final int FRONT = 1 << 16;

    /** Reads the terms from README.md and config.json of a model's directory. */
    static TeacherTerms read(Path model) {
        String name = LaxJson.readIfThere(model.resolve("config.json"))
                .path("_name_or_path")
                .asText("");
        String license = "";
        List<String> languages = new ArrayList<>();
        String field = "";
        for (String line : front(model.resolve("README.md"))) {
            Matcher named = FIELD.matcher(line);
            Matcher item = ITEM.matcher(line);
            if (named.matches()) {
                field = named.group(1);
                String value = named.group(2).strip();
                if (field.equals("license")) {
                    license = word(value);
                } else if (field.equals("language")) {
                    for (String each : value.replaceAll("^\\[|]$", "").split(",", -1)) {
                        languages.add(word(each));
                    }
                }
            } else if (field.equals("language") && item.matches()) {
                languages.add(word(item.group(1)));
            }
        }
        languages.removeIf(String::isEmpty);
        boolean local = Files.exists(Path.of(name.isEmpty() ? "." : name))
                || !REPOSITORY.matcher(name).matches();
        return new TeacherTerms(local ? "" : name, license, List.copyOf(languages));
    }

    /** The word, without quotes around it; "" where it is none. */
    private static String word(String value) {
        String bare = value.strip().replaceAll("^(['\"])(.*)\\1$", "$2");
        return bare.matches(WORD) ? bare : "";
    }

    private static List<String> front(Path card) {
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
        } catch (CharacterCodingException e) {
            return List.of();
        } catch (IOException e) {
            throw DiskFault.failure(card, e);
        }
    }
}
