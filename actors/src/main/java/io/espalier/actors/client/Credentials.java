package io.espalier.actors.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.function.Function;

/**
 * The credentials that a client shows a daemon. Over TLS, where a certificate says who answers, they are the token.
 * Without TLS the client never sends the token, since another process may have taken the port of a daemon that has
 * ended: the daemon first proves that it knows the token, and the client then does the same.
 */
final class Credentials {
    /** A ticket of the daemon's lives longer. */
    private static final Duration RENEWED = Duration.ofMinutes(1);

    private static final int NONCE_BYTES = 24;

    private final URI server;
    private final Optional<String> token;
    private final SecureRandom random = new SecureRandom();
    private String shown;
    private long shownSince;

    Credentials(URI server, Optional<String> token) {
        this.server = server;
        this.token = token;
    }

    /**
     * Value of the header Authorization; empty without a token.
     *
     * @param get answers with what is to be read at a path, to which nothing is shown
     * @throws DaemonUnreachable where the daemon does not prove itself
     */
    synchronized Optional<String> header(Function<String, JsonNode> get) {
        if (token.isEmpty() || "https".equals(server.getScheme())) {
            return token.map(secret -> "Bearer " + secret);
        }
        if (shown == null || System.nanoTime() - shownSince > RENEWED.toNanos()) {
            shown = proved(TokenProof.of(token.get()), get);
            shownSince = System.nanoTime();
        }
        return Optional.of(shown);
    }

    private String proved(TokenProof proof, Function<String, JsonNode> get) {
        byte[] bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        String nonce = HexFormat.of().formatHex(bytes);
        JsonNode answer = get.apply("/v1/challenge/" + nonce);
        String challenge = nonce + "." + answer.path("ticket").asText();
        byte[] wanted = proof.server(challenge, port()).getBytes(StandardCharsets.US_ASCII);
        for (JsonNode given : answer.path("proofs")) {
            if (MessageDigest.isEqual(wanted, given.asText().getBytes(StandardCharsets.US_ASCII))) {
                return TokenProof.SCHEME + challenge + "." + proof.client(challenge);
            }
        }
        throw new DaemonUnreachable(server
                + ": what answers does not know the token: it is another process, another daemon, or one that has"
                + " started anew; nothing was sent to it");
    }

    private int port() {
        return server.getPort() < 0 ? 80 : server.getPort();
    }
}
