package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that every command has. */
final class CommonOptions {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Option(names = "--json", description = "Print one JSON object on standard output, all else on standard error.")
    boolean json;

    @Option(
            names = "--recipe",
            paramLabel = "FILE",
            description = "Take options from a HOCON file; the command line wins over it.")
    Path recipe;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** Prints the result: as JSON where asked for, else as the text. */
    void print(ObjectNode result, String text) {
        System.out.println(json ? result.toString() : text);
    }
}
