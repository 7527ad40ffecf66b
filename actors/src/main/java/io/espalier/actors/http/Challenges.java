package io.espalier.actors.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.client.TokenProof;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Proves to clients that this server knows the tokens, and lets them prove the same, while no token travels
 * ({@link TokenProof} says how). Keeps nothing of a challenge: its ticket holds its own end, under a key of this start.
 */
final class Challenges {
    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final String NONCE = "[A-Za-z0-9_-]{32,128}";

    private final List<Token> tokens;
    private final LongSupplier nanoTime;
    private final TokenProof ofThisStart = TokenProof.of(Secrets.next());
    private volatile int port;

    /** Challenges for the tokens of these settings. */
    Challenges(AccessSettings access, LongSupplier nanoTime) {
        this.tokens = access.tokens();
        this.nanoTime = nanoTime;
    }

    /** Says where the server listens; to be called before any client knows. */
    void listening(int at) {
        port = at;
    }

    Route route() {
        return Route.get(
                "/v1/challenge/{nonce}",
                Access.OPEN,
                "",
                call -> Replies.json(answer(call.path().get("nonce"))));
    }

    private ObjectNode answer(String nonce) {
        if (!nonce.matches(NONCE)) {
            throw Problem.invalid("nonce", nonce, "must match " + NONCE);
        }
        String ticket = ticket(nonce, nanoTime.getAsLong() + LIFE.toNanos());
        ObjectNode answer = Json.object().put("ticket", ticket);
        ArrayNode proofs = answer.putArray("proofs");
        tokens.forEach(token -> proofs.add(token.proof().server(nonce + "." + ticket, port)));
        return answer;
    }

    private String ticket(String nonce, long end) {
        return end + "-" + ofThisStart.client(end + " " + nonce);
    }

    /**
     * Whether a client has proved that it knows a token.
     *
     * @param shown {@code NONCE.TICKET.PROOF}, as the client sent it
     * @param token the token in question; an empty one is never proved
     */
    boolean proves(String shown, Optional<Token> token) {
        String[] parts = shown.split("\\.", -1);
        if (parts.length != 3 || token.isEmpty() || !parts[0].matches(NONCE) || !isOurs(parts[0], parts[1])) {
            return false;
        }
        String wanted = token.get().proof().client(parts[0] + "." + parts[1]);
        return Token.of(wanted).equals(Token.of(parts[2]));
    }

    private boolean isOurs(String nonce, String ticket) {
        int dash = ticket.lastIndexOf('-');
        if (dash < 1 || !ticket.substring(0, dash).matches("-?[0-9]{1,18}")) {
            return false;
        }
        long end = Long.parseLong(ticket.substring(0, dash));
        return Token.of(ticket).equals(Token.of(ticket(nonce, end))) && end - nanoTime.getAsLong() > 0;
    }
}
