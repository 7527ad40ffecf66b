package io.espalier.actors.daemon;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.LaxJson;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * {@code daemon.json} in the state directory: how a command on the same host finds the daemon that has it.
 *
 * @param tokenFile that whoever operates it may use; empty where it asks for no token
 */
public record DaemonFile(URI url, long pid, String tokenFile) {
    private static final String NAME = "daemon.json";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    void write(StateDirectory state) {
        try {
            state.replace(NAME, JSON.writeValueAsBytes(this));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    static void remove(StateDirectory state) {
        state.remove(NAME);
    }

    /**
     * Reads that of a state directory.
     *
     * @throws Refused with NOT_FOUND where no daemon has written one
     */
    public static DaemonFile read(Path state) {
        Path file = state.resolve(NAME);
        try {
            return JSON.readValue(Files.readAllBytes(file), DaemonFile.class);
        } catch (NoSuchFileException e) {
            throw new Refused(
                    Refused.Reason.NOT_FOUND,
                    file + ": no daemon runs with this state directory, or it ended badly",
                    e);
        } catch (JsonProcessingException e) {
            throw Refused.invalid(
                    file, "content", "no JSON (" + LaxJson.problem(e) + ")", "must be as a daemon wrote it");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
