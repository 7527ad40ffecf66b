package io.espalier.streams.transport;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the slots of one driver's processes are: a folder in its directory that only this user may enter, with files that
 * only this user may read. A file has its name from when its sender makes it until its receiver has mapped it.
 */
final class SlotFolder {
    private static final Logger LOG = LoggerFactory.getLogger(SlotFolder.class);
    private static final Pattern NAME = Pattern.compile("(.+)-\\d+");
    /** Of what is free, so that logs of new links find room too. */
    private static final int SHARE = 2;

    private static final AtomicLong NUMBERS = new AtomicLong();

    private final Path path;
    private final AtomicLong mapped = new AtomicLong();

    /** Removes what dead processes have left. */
    SlotFolder(Path driver) {
        path = driver.resolve("slots");
        if (Files.isDirectory(path)) {
            sweep();
        }
    }

    private void sweep() {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(path)) {
            for (Path file : left) {
                Matcher matcher = NAME.matcher(file.getFileName().toString());
                if (matcher.matches()
                        && ProcessName.of(matcher.group(1))
                                .filter(ProcessName::isDead)
                                .isPresent()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            LOG.warn("transport: sweeping {}: {}", path, e.toString());
        }
    }

    static SlotName next(int index) {
        return new SlotName(index, ProcessName.self(), NUMBERS.incrementAndGet());
    }

    /** Makes a slot; an error says that there is no room for it. */
    SlotFile create(SlotName name, long bytes) throws IOException {
        try {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            // The first slot of this driver made it.
        }
        long usable = Files.getFileStore(path).getUsableSpace();
        if (bytes > usable / SHARE) {
            throw new IOException("a slot of " + bytes + " bytes in " + path + ", where " + usable + " are free");
        }
        return SlotFile.create(file(name), bytes, mapped);
    }

    /** Maps a sender's slot, whose name is then no longer needed; an error says that it is gone. */
    SlotFile take(SlotName name) throws IOException {
        SlotFile file = SlotFile.open(file(name), mapped);
        delete(name);
        return file;
    }

    void delete(SlotName name) {
        try {
            Files.deleteIfExists(file(name));
        } catch (IOException e) {
            // Its folder goes with the driver.
            LOG.debug("transport: {}: {}", name, e.toString());
        }
    }

    private Path file(SlotName name) {
        return path.resolve(name.fileName());
    }

    /** Bytes that this process has mapped, of slots it fills and of slots it reads. */
    long mapped() {
        return mapped.get();
    }
}
