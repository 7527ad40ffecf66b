package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.TestJvm;
import io.espalier.actors.rank.RankExit;
import java.io.BufferedReader;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that is asked to end has done what it was asked; one that an error ends says so, whatever ends it. */
@Tag("full")
@Timeout(120)
class EndOfProcessTest {
    /** A program with a daemon's hook, which asks why the process ends. */
    static final class Program {
        private static final int LONG_MILLIS = 60_000;

        private Program() {}

        public static void main(String... arguments) throws InterruptedException {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                if (!EndOfProcess.isAskedFor()) {
                    EndOfProcess.haltAfterError();
                }
                Runtime.getRuntime().halt(0);
            }));
            if (arguments.length > 0) {
                // The actor system ends the process in this way where a thread of its own has met an error.
                new Thread(() -> System.exit(-1), "dispatcher-5").start();
            }
            System.out.println("ready");
            Thread.sleep(LONG_MILLIS);
        }
    }

    private static Process start(String... arguments) throws Exception {
        List<String> command = TestJvm.command(Program.class.getName());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        BufferedReader output = process.inputReader();
        assertThat(output.readLine()).isEqualTo("ready");
        return process;
    }

    @Test
    void aSignalIsAWish() throws Exception {
        Process process = start();
        process.destroy();
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void anErrorThatEndsTheProcessIsNoSuccess() throws Exception {
        assertThat(start("error").waitFor()).isEqualTo(RankExit.ERROR.status());
    }
}
