package io.espalier.actors.settings;

import io.espalier.gpu.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** TLS 1.3 from PEM files, which are read once: new ones take a restart. */
public final class PemContext {
    /** The only one that is spoken. */
    public static final String PROTOCOL = "TLSv1.3";

    private static final List<String> KEY_KINDS = List.of("EC", "RSA", "EdDSA");
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");
    /** The store lives in memory only, and still wants one. */
    private static final char[] NO_PASSWORD = {};

    private PemContext() {}

    /**
     * Reads the files; refuses what cannot be used, with the file's name.
     *
     * @param key private, PKCS#8
     * @param certificate of the key, then those that lead to the authority
     * @param trust authorities of those that show a certificate; empty where nobody is asked for one
     * @param section of the configuration that names the files
     */
    public static SSLContext of(Path key, Path certificate, Optional<Path> trust, String section) {
        try {
            KeyStore own = store();
            Certificate[] chain = certificates(certificate).toArray(Certificate[]::new);
            own.setKeyEntry("own", privateKey(key), NO_PASSWORD, chain);
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(own, NO_PASSWORD);
            KeyStore authorities = store();
            if (trust.isPresent()) {
                int number = 0;
                for (Certificate authority : certificates(trust.get())) {
                    authorities.setCertificateEntry("authority-" + number++, authority);
                }
            }
            TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
            trusted.init(authorities);
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(keys.getKeyManagers(), trusted.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, section + ": " + e.getMessage(), e);
        }
    }

    private static KeyStore store() throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        Matcher pem = PRIVATE_KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw unusable(file, "must hold one PKCS#8 key: -----BEGIN PRIVATE KEY-----");
        }
        PKCS8EncodedKeySpec spec =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
        for (String kind : KEY_KINDS) {
            try {
                return KeyFactory.getInstance(kind).generatePrivate(spec);
            } catch (InvalidKeySpecException anotherKind) {
                // The encoding does not say its kind to us: the next one may read it.
            }
        }
        throw unusable(file, "must be a key of one of the kinds " + KEY_KINDS);
    }

    private static Collection<? extends Certificate> certificates(Path file)
            throws IOException, GeneralSecurityException {
        Collection<? extends Certificate> found = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
        if (found.isEmpty()) {
            throw unusable(file, "must hold at least one certificate: -----BEGIN CERTIFICATE-----");
        }
        return found;
    }

    private static Refused unusable(Path file, String rule) {
        return new Refused(Refused.Reason.BAD_CONFIGURATION, file + ": " + rule);
    }
}
