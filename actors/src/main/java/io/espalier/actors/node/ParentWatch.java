package io.espalier.actors.node;

import io.espalier.actors.rank.RankExit;
import java.io.IOException;
import java.io.InputStream;

/** Ends this process when the one that started it has ended, however that ended: the system then closes our input. */
final class ParentWatch {
    private ParentWatch() {}

    static void start(InputStream input) {
        Thread.ofPlatform().name("parent-watch").daemon().start(() -> {
            awaitEnd(input);
            Runtime.getRuntime().halt(RankExit.ORPHANED.status());
        });
    }

    private static void awaitEnd(InputStream input) {
        try {
            while (input.read() >= 0) {
                // Nothing is ever said on it.
            }
        } catch (IOException e) {
            // A failure is as good as an end of the input.
        }
    }
}
