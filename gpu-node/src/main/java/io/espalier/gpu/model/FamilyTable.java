package io.espalier.gpu.model;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A table of all families, for people. */
public final class FamilyTable {
    private FamilyTable() {}

    /** In Markdown: the name in config.json, what pruning leaves alone and why, the architecture of a GGUF file. */
    public static String markdown() {
        List<String> lines = new ArrayList<>();
        lines.add("| `model_type` | not pruned | GGUF architecture |");
        lines.add("|---|---|---|");
        for (Family family : Families.all()) {
            Family.Gguf gguf = family.gguf();
            lines.add("| `" + family.modelType() + "` | " + uncut(family) + " | "
                    + (gguf == null ? "none" : "`" + gguf.architecture() + "`") + " |");
        }
        return String.join("\n", lines) + "\n";
    }

    private static String uncut(Family family) {
        return List.of(Role.HIDDEN, Role.FFN, Role.HEAD, Role.GROUP).stream()
                .filter(role -> family.uncut(role) != null)
                .collect(Collectors.groupingBy(family::uncut, java.util.LinkedHashMap::new, Collectors.toList()))
                .entrySet()
                .stream()
                .map(e -> e.getValue().stream().map(FamilyTable::option).collect(Collectors.joining(", ")) + ": "
                        + e.getKey())
                .collect(Collectors.joining("; "));
    }

    private static String option(Role role) {
        return switch (role) {
            case HIDDEN -> "`--hidden`";
            case FFN -> "`--ffn`";
            case HEAD -> "`--heads`";
            case GROUP -> "`--query-groups`";
            case EXPERT -> "`--experts`";
            case VOCABULARY, FIXED -> throw new IllegalArgumentException(role + " has no option");
        };
    }
}
