package io.espalier.actors.continual;

import com.typesafe.config.Config;
import io.espalier.actors.settings.JsonData;

/**
 * A recipe's live section as it travels with a job: a JSON object, which may hold the passwords of its sources.
 *
 * @param json as it was given
 */
public record LiveText(String json) {
    /**
     * The section.
     *
     * @throws io.espalier.gpu.Refused where it is no JSON object: text with variables or includes was to be read where it was
     *     written
     */
    Config section() {
        return JsonData.parse("live", json);
    }

    @Override
    public String toString() {
        return "LiveText[" + json.length() + " characters]";
    }
}
