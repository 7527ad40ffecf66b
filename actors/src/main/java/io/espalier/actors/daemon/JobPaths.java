package io.espalier.actors.daemon;

import io.espalier.gpu.Refused;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The places where a submitter's jobs may read and write: below some directories, and never in the daemon's own state.
 * A path is judged by where it leads when all symbolic links are followed, and so are the links below a directory that
 * it names.
 *
 * @param directories absolute; one that is not there admits nothing until it is
 * @param state of the daemon
 */
public record JobPaths(List<Path> directories, Path state) {
    /** Entries of one directory tree that are looked at before it is refused. */
    private static final long MOST_ENTRIES = 1_000_000;

    public JobPaths {
        directories = List.copyOf(directories);
    }

    /** These paths and one more. */
    JobPaths and(Path directory) {
        List<Path> more = new ArrayList<>(directories);
        more.add(directory);
        return new JobPaths(more, state);
    }

    /**
     * The path without symbolic links.
     *
     * @param setting that names it
     * @param base that it begins at where it is relative
     * @throws Refused where jobs may not use it, whether or not it is there
     */
    public Path admit(String setting, Path base, String path) {
        try {
            Path real = canonical(base.resolve(path).normalize());
            require(setting, path, real);
            if (Files.isDirectory(real)) {
                requireLinks(setting, real);
            }
            return real;
        } catch (InvalidPathException e) {
            throw new Refused(Refused.Reason.VALIDATION, setting + ": must be a path: " + e.getReason(), e);
        } catch (FileSystemException e) {
            throw new Refused(
                    Refused.Reason.NOT_FOUND, setting + " is " + path + ": must be a path that can be followed", e);
        } catch (IOException e) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN, setting + " is " + path + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private void require(String setting, Object path, Path real) throws IOException {
        if (real.startsWith(canonical(state)) || !admitted(real)) {
            throw new Refused(
                    Refused.Reason.NOT_ALLOWED,
                    setting + " is " + path + ": must lead below one of the directories of jobs, which are "
                            + directories + " (espalier.daemon.paths)");
        }
    }

    private boolean admitted(Path real) throws IOException {
        for (Path directory : directories) {
            if (real.startsWith(canonical(directory))) {
                return true;
            }
        }
        return false;
    }

    private void requireLinks(String setting, Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            long seen = 0;
            for (Path entry : (Iterable<Path>) tree::iterator) {
                if (++seen > MOST_ENTRIES) {
                    throw new Refused(
                            Refused.Reason.VALIDATION,
                            setting + " is " + directory + ": must hold at most " + MOST_ENTRIES + " files");
                }
                if (Files.isSymbolicLink(entry) && Files.exists(entry)) {
                    require(setting, entry, entry.toRealPath());
                }
            }
        } catch (java.io.UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Follows the symbolic links of a path; the end of the path that does not exist yet is kept as it is named. */
    static Path canonical(Path absolute) throws IOException {
        Path there = absolute;
        while (there.getParent() != null && !Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            there = there.getParent();
        }
        Path real = there.toRealPath();
        return there.getNameCount() == absolute.getNameCount()
                ? real
                : real.resolve(absolute.subpath(there.getNameCount(), absolute.getNameCount()));
    }
}
