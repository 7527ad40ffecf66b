package io.espalier.actors.cli;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Options of a command that are about the same.
 *
 * @param heading that of the mixin which brings them; those that must be given have one of their own
 */
record OptionGroup(String heading, List<OptionSpec> options) {
    private static final String REQUIRED = "Required";
    private static final String OWN = "Options";
    private static final String GENERAL = "General";

    /** The groups of a command: what must be given, what is the command's own, and each mixin in its order. */
    static List<OptionGroup> of(CommandSpec command) {
        Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
        groups.put(REQUIRED, new ArrayList<>());
        enter(command, OWN, groups, new HashSet<>());
        return groups.entrySet().stream()
                .filter(group -> !group.getValue().isEmpty())
                .map(group -> new OptionGroup(group.getKey(), List.copyOf(group.getValue())))
                .toList();
    }

    private static void enter(
            CommandSpec spec, String heading, Map<String, List<OptionSpec>> groups, Set<String> entered) {
        groups.computeIfAbsent(heading, _ -> new ArrayList<>());
        spec.mixins().values().forEach(mixin -> enter(mixin, heading(mixin, heading), groups, entered));
        for (OptionSpec option : spec.options()) {
            if (!option.hidden() && entered.add(option.longestName())) {
                String its = option.required() ? REQUIRED : option.inherited() ? GENERAL : heading;
                groups.computeIfAbsent(its, _ -> new ArrayList<>()).add(option);
            }
        }
    }

    private static String heading(CommandSpec mixin, String around) {
        String its = mixin.usageMessage().optionListHeading();
        return its == null || its.isEmpty() ? around : its;
    }

    /** Options that every command has, which no recipe sets. */
    boolean isGeneral() {
        return heading.equals(GENERAL);
    }

    /** An option's name as recipes and settings spell it. */
    static String key(OptionSpec option) {
        return option.longestName().replaceFirst("^--", "");
    }

    /** The word that stands for an option's value: N for a number whose option has none of its own. */
    static String label(OptionSpec option) {
        return option.paramLabel().startsWith("<") ? "N" : option.paramLabel();
    }

    /** The value of an option that is not given; empty where it has none then. */
    static String given(OptionSpec option) {
        String given = option.arity().max() == 0 ? null : option.defaultValueString();
        return given == null || given.equals("null") || given.equals("[]") || given.equals("{}") ? "" : given;
    }
}
