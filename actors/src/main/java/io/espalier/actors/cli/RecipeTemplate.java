package io.espalier.actors.cli;

import com.typesafe.config.ConfigUtil;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A recipe of a command as it comes from its options: what must be given is set to a place to be filled in, the rest stands
 * as a comment with its default.
 */
final class RecipeTemplate {
    private static final int WIDTH = 118;

    /** A text that needs no quotes in HOCON. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9.+_-]+(/[A-Za-z0-9._-]+)*");

    /** The one option that is a section: what it may hold stands in espalier-live.conf and espalier-continual.conf. */
    private static final String LIVE = """
        live {
          sources {
            inbox { kind = folder, directory = path/to/inbox }
          }
        }
        """;

    private final StringBuilder text = new StringBuilder();

    private RecipeTemplate() {}

    static boolean takesRecipe(CommandSpec command) {
        return command.findOption("--recipe") != null;
    }

    /** The text for a file. */
    static String of(CommandSpec command, Path file) {
        RecipeTemplate template = new RecipeTemplate();
        template.text
                .append("# espalier ")
                .append(command.name())
                .append(" --recipe ")
                .append(file)
                .append("\n#\n");
        template.comment("What must be given stands first: put your own in. Each other line holds a default; to change"
                + " it, take the # away. The command line wins over this file.");
        for (OptionGroup group : OptionGroup.of(command)) {
            if (!group.isGeneral()) {
                template.text.append("\n# -- ").append(group.heading()).append(" --\n\n");
                group.options().forEach(template::enter);
            }
        }
        return template.text.toString();
    }

    private void enter(OptionSpec option) {
        String key = OptionGroup.key(option);
        comment(String.join(" ", option.description()).replace("%%", "%"));
        if (key.equals(RecipeCompiler.LIVE)) {
            text.append(LIVE);
            return;
        }
        text.append(option.required() ? "" : "#")
                .append(key)
                .append(" = ")
                .append(value(option, key))
                .append('\n');
    }

    private static String value(OptionSpec option, String key) {
        if (option.arity().max() == 0) {
            return "false";
        }
        String given = OptionGroup.given(option);
        if (given.isEmpty()) {
            given = option.required() ? example(option, key) : OptionGroup.label(option);
        }
        String written = PLAIN.matcher(given).matches() ? given : ConfigUtil.quoteString(given);
        return option.arity().max() > 1 ? "[" + written + "]" : written;
    }

    /** A value in the place of one that only the user knows. */
    private static String example(OptionSpec option, String key) {
        Class<?> type = option.auxiliaryTypes()[0];
        return type == Path.class
                ? "path/to/" + key
                : type.isEnum() ? EnumNames.of((Enum<?>) type.getEnumConstants()[0]) : OptionGroup.label(option);
    }

    private void comment(String sentence) {
        int column = WIDTH;
        for (String word : sentence.split(" ", -1)) {
            if (column + 1 + word.length() > WIDTH) {
                text.append(column == WIDTH ? "#" : "\n#");
                column = 1;
            }
            text.append(' ').append(word);
            column += 1 + word.length();
        }
        text.append('\n');
    }
}
