package io.espalier.actors.http;

import java.util.List;

/**
 * The answers to three different questions of a supervisor.
 *
 * @param alive what only a restart of this process can cure; never what lies outside of it
 * @param ready whether it can do its work now
 * @param startup whether it has come up
 */
public record Health(List<Check> alive, List<Check> ready, List<Check> startup) {
    public Health {
        alive = List.copyOf(alive);
        ready = List.copyOf(ready);
        startup = List.copyOf(startup);
    }

    /**
     * A check and its result.
     *
     * @param reason what was seen, for a person
     * @param ageSeconds since it was looked at
     */
    public record Check(String name, Standing standing, String reason, double ageSeconds) {}

    /** The results of a check. */
    public enum Standing {
        OK,
        /** A person should see to it, but traffic need not go elsewhere. */
        DEGRADED,
        FAILED
    }

    /** Whether none has failed. */
    static boolean passes(List<Check> checks) {
        return checks.stream().noneMatch(check -> check.standing() == Standing.FAILED);
    }
}
