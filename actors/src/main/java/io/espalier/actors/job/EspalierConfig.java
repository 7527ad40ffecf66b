package io.espalier.actors.job;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/** The configuration of actor systems: ours over the libraries' own. */
public final class EspalierConfig {
    private EspalierConfig() {}

    public static Config load() {
        return ConfigFactory.parseResources("espalier-ranks.conf")
                .withFallback(ConfigFactory.parseResources("espalier-wire.conf"))
                .withFallback(ConfigFactory.load())
                .resolve();
    }
}
