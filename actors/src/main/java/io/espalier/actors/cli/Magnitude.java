package io.espalier.actors.cli;

import java.math.BigDecimal;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Numbers as people write them: {@code 1000}, {@code 1e3}, {@code 6B} (6 · 10⁹), {@code 1.5k}; exact, or refused. */
final class Magnitude<N> implements ITypeConverter<N> {
    private static final Pattern WRITTEN = Pattern.compile("([+-]?[0-9.]{1,40}(?:[eE][+-]?[0-9]{1,3})?)([kKMBT]?)");
    private static final Map<String, BigDecimal> TIMES = Map.of(
            "", BigDecimal.ONE,
            "k", new BigDecimal("1e3"),
            "K", new BigDecimal("1e3"),
            "M", new BigDecimal("1e6"),
            "B", new BigDecimal("1e9"),
            "T", new BigDecimal("1e12"));

    private final Function<BigDecimal, N> exact;
    private final String kind;

    private Magnitude(String kind, Function<BigDecimal, N> exact) {
        this.kind = kind;
        this.exact = exact;
    }

    /** Lets every option of the command line that is a number be written so. */
    static void register(CommandLine line) {
        Magnitude<Integer> integer = new Magnitude<>("a whole number", BigDecimal::intValueExact);
        Magnitude<Long> whole = new Magnitude<>("a whole number", BigDecimal::longValueExact);
        Magnitude<Double> real = new Magnitude<>("a number", BigDecimal::doubleValue);
        line.registerConverter(Integer.class, integer);
        line.registerConverter(int.class, integer);
        line.registerConverter(Long.class, whole);
        line.registerConverter(long.class, whole);
        line.registerConverter(Double.class, real);
        line.registerConverter(double.class, real);
    }

    @Override
    public N convert(String written) {
        Matcher parts = WRITTEN.matcher(written.strip());
        try {
            if (parts.matches()) {
                return exact.apply(new BigDecimal(parts.group(1)).multiply(TIMES.get(parts.group(2))));
            }
        } catch (ArithmeticException | NumberFormatException _) {
            // Said below.
        }
        throw new TypeConversionException("'" + written + "' is not " + kind + " (such as 1000, 1e3 or 6B)");
    }
}
