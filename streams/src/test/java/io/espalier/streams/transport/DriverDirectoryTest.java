package io.espalier.streams.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Links and directories that others put into a folder open to all are neither followed nor removed. Only directories of
 * processes that are dead are swept.
 */
@Timeout(60)
class DriverDirectoryTest {
    @TempDir
    Path folder;

    @TempDir
    Path elsewhere;

    /** A process that makes a directory, says where, and lives until it is killed. */
    static final class Holder {
        private Holder() {}

        static void main(String[] arguments) throws Exception {
            DriverDirectory made = DriverDirectory.create(Path.of(arguments[0]));
            System.out.println(made.driver().getParent());
            Thread.sleep(TimeUnit.MINUTES.toMillis(5));
        }
    }

    private static Path rootOf(DriverDirectory directory) {
        return directory.driver().getParent();
    }

    private Path leftBehind(String name, String mode) throws IOException {
        Path left = Files.createDirectory(
                folder.resolve(name),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createFile(left.resolve("lock"));
        Files.createDirectory(left.resolve("driver"));
        Files.setPosixFilePermissions(left, PosixFilePermissions.fromString(mode));
        return left;
    }

    private List<Path> names() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }

    @Test
    void itIsClosedToOthersAndGoneWhenItIsClosed() throws IOException {
        DriverDirectory made = DriverDirectory.create(folder);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(rootOf(made))))
                .isEqualTo("rwx------");
        Files.createDirectory(made.driver());
        made.shut();
        assertThat(DriverDirectory.isOurs(made.driver())).isTrue();
        made.close();
        assertThat(names()).isEmpty();
    }

    @Test
    void twoOfOneProcessHaveNamesThatNobodyForeseesAndLeaveEachOtherAlone() throws IOException {
        try (DriverDirectory first = DriverDirectory.create(folder);
                DriverDirectory second = DriverDirectory.create(folder);
                DriverDirectory third = DriverDirectory.create(folder)) {
            assertThat(Stream.of(first, second, third).map(DriverDirectoryTest::rootOf))
                    .allMatch(Files::isDirectory)
                    .doesNotHaveDuplicates()
                    .allMatch(path -> path.getFileName().toString().length() > "espalier-aeron-".length() + 8);
        }
    }

    @Test
    void aLinkInWhatIsRemovedIsNotFollowed() throws IOException {
        Path precious = Files.createFile(elsewhere.resolve("precious"));
        Path left = leftBehind("espalier-aeron-1", "rwx------");
        Files.createSymbolicLink(left.resolve("x"), elsewhere);
        Files.createSymbolicLink(left.resolve("driver").resolve("y"), precious);
        DriverDirectory.create(folder).close();
        assertThat(left).doesNotExist();
        assertThat(precious).exists();
    }

    @Test
    void aLinkByTheNameOfADirectoryStaysAndSoDoesWhatItLeadsTo() throws IOException {
        Files.createFile(elsewhere.resolve("lock"));
        Path planted = Files.createSymbolicLink(folder.resolve("espalier-aeron-4026531836-999999-1-1"), elsewhere);
        Path inside = leftBehind("espalier-aeron-2", "rwx------");
        Files.delete(inside.resolve("lock"));
        Files.createSymbolicLink(inside.resolve("lock"), elsewhere.resolve("lock"));
        DriverDirectory.create(folder).close();
        assertThat(Files.exists(planted, LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThat(elsewhere.resolve("lock")).exists();
        assertThat(inside).exists();
    }

    @Test
    void whatIsNotOursByItsModeOrHasNoLockStays() throws IOException {
        Path open = leftBehind("espalier-aeron-open", "rwxr-xr-x");
        Path plain = Files.createDirectory(folder.resolve("espalier-aeron-notes"));
        Path file = Files.createFile(folder.resolve("espalier-aeron-file"));
        DriverDirectory.create(folder).close();
        assertThat(List.of(open, plain, file)).allMatch(Files::exists);
    }

    @Test
    void whatAnotherUserOwnsStays() throws IOException {
        Path theirs = leftBehind("espalier-aeron-theirs", "rwx------");
        try {
            Files.setAttribute(theirs, "unix:uid", 65534);
        } catch (IOException e) {
            Assumptions.abort("only root can give files away: " + e);
        }
        DriverDirectory.create(folder).close();
        assertThat(theirs).exists();
        assertThat(DriverDirectory.isOurs(theirs)).isFalse();
    }

    @Test
    @Tag("full")
    void aLivingProcessKeepsItsDirectoryAndAKilledOneDoesNot() throws Exception {
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Holder.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Path theirs = Path.of(holder.inputReader()
                    .lines()
                    .filter(line -> line.startsWith("/"))
                    .findFirst()
                    .orElseThrow());
            DriverDirectory.create(folder).close();
            assertThat(theirs.resolve("lock")).exists();
            // Looking at its lock has not freed it.
            DriverDirectory.create(folder).close();
            assertThat(theirs.resolve("lock")).exists();
            holder.destroyForcibly().onExit().join();
            DriverDirectory.create(folder).close();
            assertThat(theirs).doesNotExist();
        } finally {
            holder.destroyForcibly();
        }
    }
}
