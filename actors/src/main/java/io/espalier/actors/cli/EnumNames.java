package io.espalier.actors.cli;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** Constants as options spell them: block-influence for BLOCK_INFLUENCE. */
final class EnumNames {
    private EnumNames() {}

    static String of(Enum<?> constant) {
        return of(constant.name());
    }

    /** A constant's name in any case, with underscores or hyphens. */
    static String of(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Lets every option and parameter of the command line that takes a constant be written so. */
    static void register(CommandLine line) {
        register(line, line);
    }

    private static void register(CommandLine root, CommandLine command) {
        command.getCommandSpec().args().stream()
                .flatMap(argument -> Arrays.stream(argument.auxiliaryTypes()))
                .filter(Class::isEnum)
                .forEach(type -> register(root, type));
        command.getSubcommands().values().forEach(sub -> register(root, sub));
    }

    private static <C> void register(CommandLine root, Class<C> type) {
        root.registerConverter(type, written -> convert(type, written));
    }

    private static <C> C convert(Class<C> type, String written) {
        String name = of(written);
        return Arrays.stream(type.getEnumConstants())
                .filter(constant -> of((Enum<?>) constant).equals(name))
                .findFirst()
                .orElseThrow(() -> new TypeConversionException("'" + written + "': must be one of "
                        + Arrays.stream(type.getEnumConstants())
                                .map(constant -> of((Enum<?>) constant))
                                .collect(Collectors.joining(", "))));
    }
}
