package io.espalier.actors.node;

import com.typesafe.config.Config;
import io.espalier.actors.settings.PemContext;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import scala.Option;

/**
 * Mutual TLS 1.3 between members, from PEM files. Both sides must show a certificate that the authorities signed, and who
 * is connected to must be named by its own, unless all share one. Files are read once: new ones take a restart, node by node.
 */
public final class PemEngines implements SSLEngineProvider {
    static final String KEY = "espalier.tls.key";
    static final String CERTIFICATE = "espalier.tls.certificate";
    static final String TRUST = "espalier.tls.trust";
    /** The setting that says whether certificates name their hosts. */
    static final String NAMED = "espalier.tls.named";

    private final SSLContext context;
    private final boolean named;

    /** Called by Pekko, which finds the class by its name. */
    public PemEngines(ActorSystem system) {
        Config config = system.settings().config();
        this.context = context(new TlsFiles(
                Path.of(config.getString(KEY)),
                Path.of(config.getString(CERTIFICATE)),
                Path.of(config.getString(TRUST))));
        this.named = config.getBoolean(NAMED);
    }

    /** Reads the files; refuses what cannot be used, with the file's name. */
    static SSLContext context(TlsFiles files) {
        return PemContext.of(files.key(), files.certificate(), Optional.of(files.trust()), "espalier.node.tls");
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
        if (named) {
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            engine.setSSLParameters(parameters);
        }
        return engine;
    }

    private SSLEngine engine(String hostname, int port) {
        SSLEngine engine = context.createSSLEngine(hostname, port);
        engine.setEnabledProtocols(new String[] {PemContext.PROTOCOL});
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
