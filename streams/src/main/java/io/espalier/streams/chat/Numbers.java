package io.espalier.streams.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;

/** Numbers as Python works with them and writes them. An integer that outgrows 64 bits is refused. */
final class Numbers {
    private static final int FIRST_EXPONENT = 16;
    private static final int LAST_PLAIN_FRACTION = -4;

    private Numbers() {}

    /**
     * Writes a float as Python's {@code repr} does: the shortest digits that give it back, with an exponent below 1e-4
     * and from 1e16.
     */
    static String represent(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        String sign = Math.copySign(1, value) < 0 ? "-" : "";
        double size = Math.abs(value);
        if (Double.isInfinite(size)) {
            return sign + "inf";
        }
        if (size == 0) {
            return sign + "0.0";
        }
        BigDecimal decimal = shortest(size);
        String digits = decimal.unscaledValue().toString();
        int exponent = digits.length() - decimal.scale() - 1;
        if (exponent >= LAST_PLAIN_FRACTION && exponent < FIRST_EXPONENT) {
            String plain = decimal.toPlainString();
            return sign + plain + (plain.contains(".") ? "" : ".0");
        }
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        String power = Math.abs(exponent) < 10 ? "0" + Math.abs(exponent) : String.valueOf(Math.abs(exponent));
        return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + power;
    }

    /** Java writes two digits at least, where one may do. */
    private static BigDecimal shortest(double size) {
        BigDecimal two = new BigDecimal(Double.toString(size));
        BigDecimal one = two.round(new MathContext(1, RoundingMode.HALF_EVEN));
        return (one.doubleValue() == size ? one : two).stripTrailingZeros();
    }

    /** Python's round: half to even, by the number's exact value. */
    static Object round(Object value, long digits, String method) {
        if (value instanceof Long whole && digits >= 0 && method.equals("common")) {
            return whole;
        }
        RoundingMode mode = switch (method) {
            case "common" -> RoundingMode.HALF_EVEN;
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> throw new TemplateException("method '" + method + "' of 'round' is not supported");
        };
        double real = real(value);
        if (!Double.isFinite(real)) {
            return real;
        }
        if (!method.equals("common")) {
            double scale = Math.pow(10, (double) digits);
            double scaled = real * scale;
            return (mode == RoundingMode.CEILING ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
        }
        return new BigDecimal(real).setScale(Math.toIntExact(digits), mode).doubleValue();
    }

    static double real(Object value) {
        return switch (value) {
            case Boolean b -> b ? 1 : 0;
            case Number n -> n.doubleValue();
            case null, default -> throw new TemplateException(Values.represent(value) + " is no number");
        };
    }

    /** {@code +} of texts and lists too, {@code *} repeats them. */
    static Object calculate(String operator, Object left, Object right) {
        if (operator.equals("+") && left instanceof List<?> a && right instanceof List<?> b) {
            return Sequences.join(a, b);
        }
        if (operator.equals("+") && isText(left) && isText(right)) {
            return add(left, right);
        }
        if (operator.equals("*") && (left instanceof String || left instanceof List<?>) && isWhole(right)) {
            return Sequences.repeat(left, Values.integer(right));
        }
        if (operator.equals("*") && (right instanceof String || right instanceof List<?>) && isWhole(left)) {
            return Sequences.repeat(right, Values.integer(left));
        }
        if (isWhole(left) && isWhole(right) && !operator.equals("/")) {
            return whole(operator, Values.integer(left), Values.integer(right));
        }
        if (isNumber(left) && isNumber(right)) {
            return real(operator, real(left), real(right));
        }
        throw new TemplateException(
                "cannot work out " + Values.represent(left) + " " + operator + " " + Values.represent(right));
    }

    private static boolean isText(Object value) {
        return value instanceof String || value instanceof Markup;
    }

    private static Object add(Object left, Object right) {
        if (left instanceof String a && right instanceof String b) {
            Run.size((long) a.length() + b.length());
            return a + b;
        }
        return new Markup(escaped(left) + escaped(right));
    }

    private static String escaped(Object value) {
        return value instanceof Markup safe ? safe.text() : Markup.escape(Values.print(value));
    }

    private static boolean isWhole(Object value) {
        return value instanceof Long || value instanceof Boolean;
    }

    static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    private static Object whole(String operator, long a, long b) {
        return switch (operator) {
            case "+" -> Math.addExact(a, b);
            case "-" -> Math.subtractExact(a, b);
            case "*" -> Math.multiplyExact(a, b);
            case "//" -> Math.floorDiv(a, b);
            case "%" -> Math.floorMod(a, b);
            case "**" -> b < 0 ? Math.pow((double) a, (double) b) : power(a, b);
            default -> throw new IllegalStateException("an unknown operator: " + operator);
        };
    }

    private static Object power(long a, long b) {
        return b > Long.SIZE && Math.abs(a) > 1
                ? Math.multiplyExact(Long.MAX_VALUE, a)
                : BigInteger.valueOf(a)
                        .pow((int) Math.min(b, Long.SIZE + (b & 1)))
                        .longValueExact();
    }

    private static Object real(String operator, double a, double b) {
        if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
            throw new TemplateException("division by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.rint((a - remainder(a, b)) / b);
            case "%" -> remainder(a, b);
            case "**" -> Math.pow(a, b);
            default -> throw new IllegalStateException("an unknown operator: " + operator);
        };
    }

    /** Has the sign of its divisor. */
    private static double remainder(double a, double b) {
        double rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }
}
