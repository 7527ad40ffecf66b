package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.Refused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log of requests, their senders and their outcomes: one JSON object a line, on disk before the answer goes out.
 * One thread writes; no more lines wait for it than there are connections. Full files are numbered, and the oldest
 * goes.
 */
final class AuditLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final int LONGEST_BODY = 4096;
    private static final int CLOSING_SECONDS = 5;

    private final Path file;
    private final HttpSettings.AuditSettings settings;
    private final Clock clock;
    private final ExecutorService writer;
    private FileChannel channel;

    /** Opens {@code audit.jsonl} in a directory, which is there. */
    AuditLog(Path directory, HttpSettings.AuditSettings settings, Clock clock) {
        this.file = directory.resolve("audit.jsonl");
        this.settings = settings;
        this.clock = clock;
        try {
            this.channel = open();
        } catch (IOException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, file + ": cannot be written: " + e.getMessage(), e);
        }
        this.writer = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("espalier-audit").daemon().factory());
    }

    private FileChannel open() throws IOException {
        FileChannel opened = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        Files.setPosixFilePermissions(file, OWNER_ONLY);
        return opened;
    }

    /**
     * Writes what a request was and how it was answered; completes when it is on disk. A disk that takes no more does not
     * take back what was done: that is said in the daemon's log.
     */
    CompletionStage<Void> write(Call call, String operation, int status, String code) {
        ObjectNode line = Json.object();
        line.put("time", clock.instant().toString());
        line.put("caller", call.caller().title());
        line.put("client", call.client());
        line.put("action", call.route().operation());
        line.put("path", call.request().getUri().getPathString());
        call.query().forEach(line.putObject("query")::put);
        line.put("operation", operation);
        String body = Json.text(Redaction.of(call.body()));
        if (body.length() > LONGEST_BODY) {
            line.put("body_cut", body.substring(0, LONGEST_BODY));
        } else if (!call.body().isEmpty()) {
            line.set("body", Redaction.of(call.body()));
        }
        line.put("status", status);
        line.put("code", code);
        return CompletableFuture.runAsync(() -> append(line), writer).exceptionally(failure -> {
            LOG.error("the audit log [{}] cannot be written", file, failure);
            return null;
        });
    }

    private void append(ObjectNode line) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(Json.text(line) + "\n");
        try {
            if (!channel.isOpen()) {
                // Turning the files over had failed half-way.
                channel = open();
            }
            if (channel.size() > 0 && channel.size() + bytes.remaining() > settings.fileSize()) {
                rotate();
            }
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    private void rotate() throws IOException {
        channel.close();
        for (int number = settings.files() - 1; number >= 1; number--) {
            Path older = numbered(number);
            Path newer = number == 1 ? file : numbered(number - 1);
            if (Files.exists(newer)) {
                Files.move(newer, older, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        Files.deleteIfExists(file);
        channel = open();
    }

    private Path numbered(int number) {
        return file.resolveSibling(file.getFileName() + "." + number);
    }

    /** Waits for what is being written; idempotent. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("the audit log [{}] is still being written", file);
            }
            channel.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
