package io.espalier.actors.node;

import com.typesafe.config.Config;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/**
 * Mutual TLS 1.3 between members, from PEM files. Both sides must show a certificate that the authorities signed, and who
 * is connected to must be named by its own. Files are read once: new ones take a restart, node by node.
 */
public final class PemEngines implements SSLEngineProvider {
    static final String KEY = "espalier.tls.key";
    static final String CERTIFICATE = "espalier.tls.certificate";
    static final String TRUST = "espalier.tls.trust";

    private static final String PROTOCOL = "TLSv1.3";
    private static final List<String> KEY_KINDS = List.of("EC", "RSA", "EdDSA");
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");
    /** The store lives in memory only, and still wants one. */
    private static final char[] NO_PASSWORD = {};

    private final SSLContext context;

    /** Called by Pekko, which finds the class by its name. */
    public PemEngines(ActorSystem system) {
        Config config = system.settings().config();
        this.context = context(new TlsFiles(
                Path.of(config.getString(KEY)),
                Path.of(config.getString(CERTIFICATE)),
                Path.of(config.getString(TRUST))));
    }

    /** Reads the files; refuses what cannot be used, with the file's name. */
    static SSLContext context(TlsFiles files) {
        try {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry(
                    "node",
                    privateKey(files.key()),
                    NO_PASSWORD,
                    certificates(files.certificate()).toArray(Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(own, NO_PASSWORD);
            KeyStore authorities = KeyStore.getInstance("PKCS12");
            authorities.load(null, null);
            int number = 0;
            for (Certificate authority : certificates(files.trust())) {
                authorities.setCertificateEntry("authority-" + number++, authority);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(authorities);
            SSLContext context = SSLContext.getInstance(PROTOCOL);
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, "espalier.node.tls: " + e.getMessage(), e);
        }
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

    @Override
    public SSLEngine createServerSSLEngine(String hostname, int port) {
        SSLEngine engine = engine(hostname, port);
        engine.setUseClientMode(false);
        engine.setNeedClientAuth(true);
        return engine;
    }

    @Override
    public SSLEngine createClientSSLEngine(String hostname, int port) {
        SSLEngine engine = engine(hostname, port);
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        return engine;
    }

    private SSLEngine engine(String hostname, int port) {
        SSLEngine engine = context.createSSLEngine(hostname, port);
        engine.setEnabledProtocols(new String[] {PROTOCOL});
        return engine;
    }

    /** The handshake has verified the peer; nothing is left to ask. */
    @Override
    public Option<Throwable> verifyClientSession(String hostname, SSLSession session) {
        return Option.empty();
    }

    /** The handshake has verified the peer; nothing is left to ask. */
    @Override
    public Option<Throwable> verifyServerSession(String hostname, SSLSession session) {
        return Option.empty();
    }
}
