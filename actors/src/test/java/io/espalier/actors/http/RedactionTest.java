package io.espalier.actors.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A value that looks like a secret, by its field's name or an address's form, is left out wherever it stands. */
@Timeout(60)
class RedactionTest {
    private static String redacted(String json) {
        return Json.text(Redaction.of(Json.parse(json.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void secretsAreLeftOutAtAnyDepthAndOtherFieldsStay() {
        assertThat(redacted("{\"a\":{\"b\":[{\"Password\":\"x\",\"port\":1}],\"accessToken\":{\"c\":\"x\"}}}"))
                .isEqualTo("{\"a\":{\"b\":[{\"Password\":\"(redacted)\",\"port\":1}],\"accessToken\":\"(redacted)\"}}");
        assertThat(redacted("{\"u\":\"postgres://me:x@host/db\",\"v\":\"a@b.example\"}"))
                .isEqualTo("{\"u\":\"postgres://(redacted)@host/db\",\"v\":\"a@b.example\"}");
        assertThat(redacted("{\"k\":{\"topic\":\"t\",\"properties\":{\"ssl\":{\"keystore.key\":\"x\"}}}}"))
                .isEqualTo("{\"k\":{\"topic\":\"t\",\"properties\":\"(redacted)\"}}");
        assertThat(redacted("{\"steps\":3,\"on\":true,\"none\":null}"))
                .isEqualTo("{\"steps\":3,\"on\":true,\"none\":null}");
    }
}
