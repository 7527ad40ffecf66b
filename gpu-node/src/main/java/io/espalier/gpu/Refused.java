package io.espalier.gpu;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

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

    /** Around the name of a setting, which each door spells as its users do. */
    private static final Pattern SETTING = Pattern.compile("\u2039([^\u203a]*)\u203a");

    private final Reason reason;
    private final String told;

    public Refused(Reason reason, String message) {
        this(reason, message, null);
    }

    public Refused(Reason reason, String message, Throwable cause) {
        super(SETTING.matcher(message).replaceAll("$1"), cause);
        this.reason = reason;
        this.told = message;
    }

    /** The name of a setting within a message. */
    public static String setting(String name) {
        return "\u2039" + name + "\u203a";
    }

    /** The message as the users of a command line read it: settings are options there. */
    public String forCommandLine() {
        return SETTING.matcher(told).replaceAll("--$1");
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

    /** A setting that breaks a rule. */
    public static Refused usage(String setting, Object value, String rule) {
        return new Refused(
                Reason.USAGE, (setting.startsWith("--") ? setting : setting(setting)) + " " + value + ": " + rule);
    }

    public static Refused notFound(Object path, String rule) {
        return new Refused(Reason.NOT_FOUND, path + ": " + rule);
    }

    public Reason reason() {
        return reason;
    }
}
