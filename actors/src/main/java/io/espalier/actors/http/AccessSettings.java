package io.espalier.actors.http;

import io.espalier.actors.settings.SettingsSection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The tokens and hosts that decide what each client may do.
 *
 * @param readToken empty where reading takes the operate token
 * @param operateToken empty before the daemon has made its own, and where it asks for none
 * @param ingestToken empty where handing in records takes the operate token
 * @param own whether the operate token is one that the daemon has made, for its user alone to read
 * @param open whether whoever reaches the server may do everything
 * @param allowedHosts names beside the bound address, in lower case
 */
record AccessSettings(
        Optional<Token> readToken,
        Optional<Token> operateToken,
        Optional<Token> ingestToken,
        boolean own,
        boolean open,
        List<String> allowedHosts) {
    /** The access of clients over loopback: with a token, or open to all. */
    private enum Loopback {
        TOKEN,
        OPEN
    }

    private static final String TOKEN = "[!-~]{16,512}";
    private static final String HOST = "[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\]";
    private static final Set<PosixFilePermission> OWNERS = EnumSet.of(
            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);

    static AccessSettings of(SettingsSection section) {
        AccessSettings access = new AccessSettings(
                token(section, "read-token-file"),
                token(section, "operate-token-file"),
                token(section, "ingest-token-file"),
                false,
                section.choice("loopback", Loopback.class) == Loopback.OPEN,
                section.texts("allowed-hosts").stream()
                        .map(host -> host.toLowerCase(Locale.ROOT))
                        .toList());
        section.requireNoOther();
        if (access.operateToken.isEmpty() && (access.readToken.isPresent() || access.ingestToken.isPresent())) {
            throw section.refuse("operate-token-file", "", "must be given where another token is");
        }
        if (access.open && access.operateToken.isPresent()) {
            throw section.refuse("loopback", "open", "must be token where a token file is given");
        }
        List<Token> tokens = access.tokens();
        if (tokens.stream().distinct().count() < tokens.size()) {
            throw section.refuse("operate-token-file", "...", "must hold another token than the other files");
        }
        for (String host : access.allowedHosts) {
            if (!host.matches(HOST)) {
                throw section.refuse("allowed-hosts", host, "must be a name or an address, without a port");
            }
        }
        return access;
    }

    /** Returns these settings with the operate token that the daemon has made. */
    AccessSettings withOperateToken(Token token) {
        return new AccessSettings(readToken, Optional.of(token), ingestToken, true, open, allowedHosts);
    }

    List<Token> tokens() {
        return List.of(readToken, operateToken, ingestToken).stream()
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<Token> token(SettingsSection section, String key) {
        return section.file(key).map(file -> read(section, key, file));
    }

    private static Token read(SettingsSection section, String key, Path file) {
        try {
            if (!OWNERS.containsAll(Files.getPosixFilePermissions(file))) {
                throw section.refuse(key, file, "must belong to its owner alone: chmod 600");
            }
            String token = Files.readString(file).strip();
            if (!token.matches(TOKEN)) {
                throw section.refuse(key, file, "must hold one line of 16 to 512 visible ASCII characters");
            }
            return Token.of(token);
        } catch (IOException e) {
            throw section.refuse(key, file, "must be a readable file: " + e.getMessage());
        }
    }
}
