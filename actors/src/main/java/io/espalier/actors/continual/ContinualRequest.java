package io.espalier.actors.continual;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import io.espalier.actors.job.TrainRequest;
import io.espalier.gpu.Refused;
import io.espalier.streams.live.LiveSettings;

/**
 * A student to be kept close to its teacher on live text.
 *
 * @param training without files to train on; its steps are those after which the run parks itself
 * @param liveText the recipe's live section
 */
public record ContinualRequest(
        TrainRequest training,
        LiveSettings live,
        DriftSettings drift,
        GateSettings gates,
        long logEvery,
        LiveText liveText) {
    private static final String RESOURCE = "espalier-continual.conf";

    /**
     * Reads a live section over the defaults.
     *
     * @throws Refused where it is no JSON, a key is unknown or a value breaks its rule
     */
    public static ContinualRequest of(TrainRequest training, LiveText liveText, long logEvery) {
        if (training.checkpoints().every() < 1) {
            throw Refused.usage(
                    "--checkpoint-every", training.checkpoints().every(), "must be at least 1 for a run without end");
        }
        if (logEvery < 1) {
            throw Refused.usage("--log-every", logEvery, "must be at least 1");
        }
        try {
            Config section = liveText.section();
            Config defaults = ConfigFactory.parseResources(RESOURCE).resolve().getConfig("espalier.continual");
            Config own = section.withFallback(defaults);
            return new ContinualRequest(
                    training,
                    LiveSettings.of(section, training.out()),
                    DriftSettings.of(own.getConfig("drift")),
                    GateSettings.of(own.getConfig("gates")),
                    logEvery,
                    liveText);
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.BAD_CONFIGURATION, "live: " + e.getMessage(), e);
        }
    }

    /** The same request with another training, which says how it is computed. */
    public ContinualRequest with(TrainRequest other) {
        return new ContinualRequest(other, live, drift, gates, logEvery, liveText);
    }
}
