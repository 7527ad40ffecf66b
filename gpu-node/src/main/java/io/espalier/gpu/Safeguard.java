package io.espalier.gpu;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Checks that a test may do without, to see that it then fails: {@code -Despalier.unsafe.without=frame-crc}, or several by
 * commas. All are made but in tests' processes (see {@link TestMode}).
 */
public enum Safeguard {
    /** A message of an older epoch than the newest seen is refused. */
    EPOCH_FENCING,
    /** A frame whose bytes are not those that were sent is dropped. */
    FRAME_CRC,
    /** A batch that has been delivered is not delivered again. */
    DUPLICATE_CHECK,
    /** A live record whose idempotency key has come before is dropped. */
    IDEMPOTENCY_KEYS,
    /** Live sources go on from the offsets of the checkpoint. */
    SOURCE_POSITIONS;

    private static final String PROPERTY = "espalier.unsafe.without";

    /** Read once, so that a check costs nothing. */
    private final boolean on =
            !TestMode.on() || !names(System.getProperty(PROPERTY)).contains(optionName());

    private static List<String> names(String property) {
        return property == null ? List.of() : List.of(property.split(",", -1));
    }

    /** The name by which a test switches it off. */
    public String optionName() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether the check is made: always, but where a test has switched it off. */
    public boolean on() {
        return on;
    }

    /**
     * Checks the process's properties; called when a process starts.
     *
     * @throws Refused where a safeguard is off or a {@link FaultPoint} is armed in a process that is not a test's, or where a
     *     safeguard that does not exist is named
     */
    public static void requireNoneOff() {
        check(TestMode.on(), System.getProperty(PROPERTY), System.getProperty(FaultPoint.PROPERTY));
    }

    static void check(boolean test, String without, String fault) {
        List<String> known = Stream.of(values()).map(Safeguard::optionName).toList();
        names(without).stream()
                .filter(name -> !known.contains(name))
                .findFirst()
                .ifPresent(name -> refuse(PROPERTY, name, "must be among " + String.join(", ", known)));
        if (!test) {
            requireAbsent(PROPERTY, without);
            requireAbsent(FaultPoint.PROPERTY, fault);
        }
    }

    private static void requireAbsent(String property, String value) {
        if (value != null) {
            refuse(
                    property,
                    value,
                    "must be absent: it is for tests, in processes that -D" + TestMode.PROPERTY
                            + "=true says are tests'");
        }
    }

    private static void refuse(String property, String value, String rule) {
        throw new Refused(Refused.Reason.BAD_CONFIGURATION, "-D" + property + " is " + value + ": " + rule);
    }
}
