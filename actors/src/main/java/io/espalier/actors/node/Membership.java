package io.espalier.actors.node;

import java.nio.file.Path;

/** The means by which a process is a member of its cluster. Strangers lack them and never reach the frames' parser. */
sealed interface Membership {
    /** The process is the whole cluster and listens nowhere. */
    record Lone() implements Membership {}

    /**
     * Mutual TLS.
     *
     * @param named whether a certificate names its host; one that all members share does not
     */
    record Certified(TlsFiles files, boolean named) implements Membership {}

    /** The membership of a node, whose state directory is its own; makes the key where no TLS files are given. */
    static Membership of(NodeSettings node) {
        if (node.tls() != null) {
            Certified given = new Certified(node.tls(), true);
            // Refused here with the file's name, and not deep inside a starting actor system.
            PemEngines.context(given.files());
            return given;
        }
        if (node.isAlone()) {
            return node.hasChildren() ? new Certified(Identity.renew(own(node)), false) : new Lone();
        }
        return new Certified(Identity.shared(directory(node)), false);
    }

    /** The membership of a rank's process, whose node has made the key that it needs. */
    static Membership ofRank(NodeSettings node) {
        return node.tls() == null
                ? new Certified(Identity.in(node.control().identity().orElseThrow()), false)
                : new Certified(node.tls(), true);
    }

    /** The directory in which a node without TLS files keeps the {@link Identity} of its children. */
    static Path directory(NodeSettings node) {
        return node.isAlone() ? own(node) : node.control().identity().orElseGet(Identity::ofUser);
    }

    /** Takes away what was made for the children of a node, which have ended. */
    static void forget(NodeSettings node) {
        if (node.isAlone() && node.hasChildren()) {
            Identity.remove(own(node));
        }
    }

    private static Path own(NodeSettings node) {
        return node.state().resolve("identity").toAbsolutePath();
    }
}
