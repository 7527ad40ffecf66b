package io.espalier.gpu;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says things about files that are read in one of several ways: each once, though the files are opened often. */
public final class Notices {
    private static final Logger LOG = LoggerFactory.getLogger(Notices.class);

    /** The most sentences that are remembered, so that a daemon that runs for years does not keep all of them. */
    private static final int MAX_REMEMBERED = 1_000;

    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private Notices() {}

    /** Logs the sentence as a warning, unless that has been done. */
    public static void tell(String sentence) {
        if (TOLD.size() >= MAX_REMEMBERED) {
            TOLD.clear();
        }
        if (TOLD.add(sentence)) {
            LOG.warn("{}", sentence);
        }
    }
}
