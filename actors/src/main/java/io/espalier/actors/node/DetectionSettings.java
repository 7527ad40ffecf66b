package io.espalier.actors.node;

import io.espalier.actors.settings.SettingsSection;
import java.time.Duration;

/**
 * The times by which the death of a member is noticed.
 *
 * @param heartbeat between two signs of life
 * @param acceptablePause longest silence that is not taken for death
 * @param stableAfter nobody is downed before the cluster's view has not changed for this long
 */
public record DetectionSettings(Duration heartbeat, Duration acceptablePause, Duration stableAfter) {
    static DetectionSettings of(SettingsSection section) {
        DetectionSettings settings = new DetectionSettings(
                section.duration("heartbeat"), section.duration("acceptable-pause"), section.duration("stable-after"));
        section.requireNoOther();
        if (settings.acceptablePause.compareTo(settings.heartbeat.multipliedBy(2)) < 0) {
            throw section.refuse(
                    "heartbeat",
                    settings.heartbeat,
                    "must be at most half of acceptable-pause, " + settings.acceptablePause);
        }
        return settings;
    }
}
