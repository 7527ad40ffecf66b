package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The options that every command has. */
@Command(optionListHeading = "General")
final class CommonOptions {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Option(names = "--json", description = "Print one JSON object on standard output, all else on standard error.")
    boolean json;

    @Option(
            names = "--recipe",
            paramLabel = "FILE",
            description = "File of options in HOCON (espalier init writes one); the command line wins over it.")
    Path recipe;

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** Prints the result: as JSON where asked for, else as the text. */
    void print(ObjectNode result, String text) {
        System.out.println(json ? result.toString() : text);
    }
}
