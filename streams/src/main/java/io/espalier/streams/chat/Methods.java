package io.espalier.streams.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.stream.Stream;

/** Methods of strings and maps that templates call, as Python's. */
final class Methods {
    private Methods() {}

    static Object call(Object of, String name, List<Object> arguments) {
        return switch (of) {
            case String text -> ofString(text, name, arguments);
            case Map<?, ?> map -> ofMap(map, name, arguments);
            case Undefined missing -> throw new TemplateException(missing.name() + " is not there: no ." + name + "()");
            case null, default -> throw unknown(of, name);
        };
    }

    private static TemplateException unknown(Object of, String name) {
        return new TemplateException("method ." + name + "() of " + Values.represent(of) + " is not supported");
    }

    private static Object ofMap(Map<?, ?> map, String name, List<Object> arguments) {
        return switch (name) {
            case "items" ->
                map.entrySet().stream()
                        .<Object>map(entry -> {
                            List<Object> pair = new ArrayList<>();
                            pair.add(entry.getKey());
                            pair.add(entry.getValue());
                            return pair;
                        })
                        .toList();
            case "keys" -> new ArrayList<Object>(map.keySet());
            case "values" -> new ArrayList<Object>(map.values());
            case "get" ->
                map.containsKey(arguments.getFirst())
                        ? map.get(arguments.getFirst())
                        : arguments.size() > 1 ? arguments.get(1) : null;
            default -> throw unknown(map, name);
        };
    }

    private static Object ofString(String text, String name, List<Object> arguments) {
        return switch (name) {
            case "strip" -> strip(text, arguments, true, true);
            case "lstrip" -> strip(text, arguments, true, false);
            case "rstrip" -> strip(text, arguments, false, true);
            case "split" -> split(text, arguments);
            case "startswith" -> anyOf(arguments.getFirst()).anyMatch(part -> text.startsWith(Values.print(part)));
            case "endswith" -> anyOf(arguments.getFirst()).anyMatch(part -> text.endsWith(Values.print(part)));
            case "replace" -> text.replace(argument(arguments, 0), argument(arguments, 1));
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "title" -> title(text);
            case "capitalize" -> capitalize(text);
            case "find" -> (long) text.indexOf(argument(arguments, 0));
            case "join" ->
                String.join(
                        text,
                        Values.iterate(arguments.getFirst()).stream()
                                .map(Values::print)
                                .toList());
            default -> throw unknown(text, name);
        };
    }

    private static Stream<Object> anyOf(Object parts) {
        return parts instanceof List<?> list ? new ArrayList<Object>(list).stream() : Stream.of(parts);
    }

    private static String argument(List<Object> arguments, int at) {
        return Values.print(arguments.get(at));
    }

    /** Of any of the characters named, of whitespace where none are. */
    private static String strip(String text, List<Object> arguments, boolean left, boolean right) {
        String characters = arguments.isEmpty() || arguments.getFirst() == null ? null : argument(arguments, 0);
        int from = 0;
        int to = text.length();
        while (left && from < to && strips(characters, text.charAt(from))) {
            from++;
        }
        while (right && to > from && strips(characters, text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean strips(String characters, char c) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
    }

    /** As Python splits: without a separator at runs of whitespace, with one at every place it stands. */
    private static List<Object> split(String text, List<Object> arguments) {
        long limit = arguments.size() > 1 ? Values.integer(arguments.get(1)) : -1;
        List<Object> parts = new ArrayList<>();
        if (arguments.isEmpty() || arguments.getFirst() == null) {
            for (StringTokenizer words = new StringTokenizer(text); words.hasMoreTokens(); ) {
                parts.add(words.nextToken());
            }
            return parts;
        }
        String separator = argument(arguments, 0);
        int from = 0;
        for (int at = text.indexOf(separator);
                at >= 0 && (limit < 0 || parts.size() < limit);
                at = text.indexOf(separator, from)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    static String capitalize(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1).toLowerCase(Locale.ROOT);
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(first ? Character.toTitleCase(c) : Character.toLowerCase(c));
            first = !Character.isLetter(c);
        }
        return out.toString();
    }
}
