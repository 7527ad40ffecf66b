package io.espalier.actors.cases;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The keys and values of a GGUF file, by the format's description: whole numbers are {@code Long}. */
final class GgufKeys {
    private static final int MAGIC = 0x46554747;

    private final ByteBuffer in;

    private GgufKeys(ByteBuffer in) {
        this.in = in;
    }

    static Map<String, Object> read(Path file) throws IOException {
        GgufKeys reader = new GgufKeys(ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN));
        assertThat(reader.in.getInt()).isEqualTo(MAGIC);
        assertThat(reader.in.getInt()).as("version").isEqualTo(3);
        reader.in.getLong();
        long pairs = reader.in.getLong();
        Map<String, Object> keys = new HashMap<>();
        for (long i = 0; i < pairs; i++) {
            String key = reader.text();
            assertThat(keys.put(key, reader.value(reader.in.getInt()))).as(key).isNull();
        }
        return keys;
    }

    private String text() {
        byte[] bytes = new byte[Math.toIntExact(in.getLong())];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Object value(int type) {
        return switch (type) {
            case 4 -> Integer.toUnsignedLong(in.getInt());
            case 5 -> (long) in.getInt();
            case 6 -> (double) in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> text();
            case 9 -> values();
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    private List<Object> values() {
        int type = in.getInt();
        long count = in.getLong();
        List<Object> values = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            values.add(value(type));
        }
        return values;
    }
}
