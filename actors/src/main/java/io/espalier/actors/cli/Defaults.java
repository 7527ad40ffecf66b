package io.espalier.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Defaults of options, from {@code espalier.cli} of reference.conf: a command's own section, else the common one. A number
 * that may be absent has none: its absence means something.
 */
final class Defaults implements IDefaultValueProvider {
    private static final Config CONFIG =
            ConfigFactory.parseResources("reference.conf").getConfig("espalier.cli");

    /** A default that holds for every command. */
    static double number(String option) {
        return CONFIG.getDouble("common." + option);
    }

    /** {@code prune} of {@code espalier prune}, {@code bench.decode} of {@code espalier bench decode}. */
    private static String sectionOf(CommandSpec command) {
        String name = command.qualifiedName(".");
        return name.substring(name.indexOf('.') + 1);
    }

    @Override
    public String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option) || Number.class.isAssignableFrom(option.type())) {
            return null;
        }
        String key = OptionGroup.key(option);
        String own = sectionOf(argument.command()) + "." + key;
        String common = "common." + key;
        return CONFIG.hasPath(own) ? CONFIG.getString(own) : CONFIG.hasPath(common) ? CONFIG.getString(common) : null;
    }
}
