package io.espalier.actors.job;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/** The configuration of actor systems: ours over the libraries' own, and over all what {@code -D} sets. */
public final class EspalierConfig {
    private EspalierConfig() {}

    public static Config load() {
        return ConfigFactory.defaultOverrides()
                .withFallback(ConfigFactory.parseResources("espalier-ranks.conf"))
                .withFallback(ConfigFactory.parseResources("espalier-wire.conf"))
                .withFallback(ConfigFactory.load())
                .resolve();
    }
}
