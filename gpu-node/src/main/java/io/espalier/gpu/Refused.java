package io.espalier.gpu;

import java.util.Arrays;
import java.util.Optional;

/**
 * A request that cannot be carried out as given, said in one line for the person who made it. Everything else that is
 * thrown is a defect or a device failure.
 */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Why, as the process's exit code says it. */
    public enum Reason {
        USAGE(2),
        NOT_FOUND(3),
        WRONG_STATE(4),
        VALIDATION(5),
        TRY_AGAIN(75),
        NOT_ALLOWED(77),
        BAD_CONFIGURATION(78);

        private final int exitCode;

        Reason(int exitCode) {
            this.exitCode = exitCode;
        }

        public int exitCode() {
            return exitCode;
        }

        /** The reason that another process ended with; empty where it ended otherwise. */
        public static Optional<Reason> ofExitCode(int exitCode) {
            return Arrays.stream(values())
                    .filter(reason -> reason.exitCode == exitCode)
                    .findFirst();
        }
    }

    private final Reason reason;

    public Refused(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Refused(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /**
     * Input that breaks a rule.
     *
     * @param where the file (and line) that holds it
     * @param field the field, tensor or option
     * @param value what was found
     * @param rule what would have been right
     */
    public static Refused invalid(Object where, String field, Object value, String rule) {
        return new Refused(Reason.VALIDATION, where + ": " + field + " is " + value + ": " + rule);
    }

    /** An option of the command line that breaks a rule. */
    public static Refused usage(String option, Object value, String rule) {
        return new Refused(Reason.USAGE, option + " " + value + ": " + rule);
    }

    public static Refused notFound(Object path, String rule) {
        return new Refused(Reason.NOT_FOUND, path + ": " + rule);
    }

    public Reason reason() {
        return reason;
    }
}
