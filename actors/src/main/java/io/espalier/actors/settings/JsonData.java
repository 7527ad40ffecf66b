package io.espalier.actors.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import io.espalier.gpu.StrictJson;
import java.util.Map;

/**
 * A section of settings that somebody else has sent: JSON, in which a text is a text. No variable is replaced and no other
 * file or address is read; a refusal quotes nothing of it but what its reader asks for by name.
 */
public final class JsonData {
    private static final JsonMapper MAPPER = StrictJson.mapper();

    private JsonData() {}

    /**
     * Reads an object.
     *
     * @param name of the setting that holds it
     * @throws Refused where the text is no JSON object, or one of more than 64 levels
     */
    public static Config parse(String name, String json) {
        try {
            if (MAPPER.readTree(json) instanceof ObjectNode object) {
                return of(object);
            }
        } catch (JsonProcessingException e) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    name + ": must be one JSON object of at most " + StrictJson.DEEPEST + " levels ("
                            + LaxJson.problem(e) + ")");
        }
        throw new Refused(Refused.Reason.VALIDATION, name + ": must be one JSON object");
    }

    /** Returns an object in the form that settings are read from; a dot in a name is a part of the name. */
    public static Config of(ObjectNode object) {
        return ConfigValueFactory.fromMap(
                        MAPPER.convertValue(object, new TypeReference<Map<String, Object>>() {}), "sent")
                .toConfig();
    }

    /** Returns settings as a JSON object. */
    public static JsonNode json(Config config) {
        return MAPPER.valueToTree(config.root().unwrapped());
    }
}
