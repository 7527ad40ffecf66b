package io.espalier.actors.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.pekko.util.ByteString;

/** Gives the lines of a text that comes in pieces, of one byte where a client likes; each byte is looked at once. */
final class LineSplitter {
    private final Consumer<byte[]> lines;
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

    LineSplitter(Consumer<byte[]> lines) {
        this.lines = lines;
    }

    LineSplitter take(ByteString piece) {
        for (ByteBuffer bytes : piece.getByteBuffers()) {
            while (bytes.hasRemaining()) {
                byte next = bytes.get();
                if (next == '\n') {
                    end();
                } else {
                    begun.write(next);
                }
            }
        }
        return this;
    }

    /** The last line, which may lack its end. */
    void end() {
        lines.accept(begun.toByteArray());
        begun.reset();
    }
}
