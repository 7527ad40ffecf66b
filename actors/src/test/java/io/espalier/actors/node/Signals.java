package io.espalier.actors.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;

/** Sends signals that Java has no method for. */
final class Signals {
    static final int KILL = 9;
    static final int TERM = 15;
    static final int STOP = 19;

    private Signals() {}

    static void send(long pid, int signal) throws IOException, InterruptedException {
        // 0 is this process's whole group.
        assertThat(pid).as("a process to signal").isGreaterThan(1);
        Process kill = new ProcessBuilder("kill", "-" + signal, String.valueOf(pid))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).as("kill -" + signal + " " + pid).isZero();
    }
}
