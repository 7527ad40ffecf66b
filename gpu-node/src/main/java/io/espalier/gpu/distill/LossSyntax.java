package io.espalier.gpu.distill;

import io.espalier.gpu.Refused;
import io.espalier.gpu.distill.LogitLoss.TopK.Rest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Losses as users write them: {@code name[:parameter...][=weight]}. */
public final class LossSyntax {
    private static final List<String> NAMES = List.of(
            "forward-kl",
            "reverse-kl",
            "jsd[:beta]",
            "skew-forward-kl[:lambda]",
            "skew-reverse-kl[:lambda]",
            "top-k:k[:tail|left-out|zero]",
            "total-variation",
            "ce");
    private static final double JSD_BETA = 0.5;
    private static final double SKEW_LAMBDA = 0.1;

    private LossSyntax() {}

    /** Reads a mix; refuses what is unknown, naming what is known. */
    public static LossMix mix(List<String> parts, double temperature) {
        return new LossMix(parts.stream().map(LossSyntax::part).toList(), temperature);
    }

    private static LossMix.Part part(String text) {
        int equals = text.indexOf('=');
        String loss = equals < 0 ? text : text.substring(0, equals);
        return new LossMix.Part(loss(loss), equals < 0 ? 1 : number(text, text.substring(equals + 1)));
    }

    private static LogitLoss loss(String text) {
        List<String> words = words(text);
        String name = words.getFirst();
        List<String> parameters = words.subList(1, words.size());
        int most = switch (name) {
            case "jsd", "skew-forward-kl", "skew-reverse-kl" -> 1;
            case "top-k" -> 2;
            default -> 0;
        };
        if (parameters.size() > most) {
            throw Refused.usage("loss", text, "must have at most " + most + " parameters");
        }
        return switch (name) {
            case "forward-kl" -> new LogitLoss.ForwardKl();
            case "reverse-kl" -> new LogitLoss.ReverseKl();
            case "jsd" -> new LogitLoss.JensenShannon(parameter(text, parameters, JSD_BETA));
            case "skew-forward-kl" -> new LogitLoss.SkewForwardKl(parameter(text, parameters, SKEW_LAMBDA));
            case "skew-reverse-kl" -> new LogitLoss.SkewReverseKl(parameter(text, parameters, SKEW_LAMBDA));
            case "top-k" -> topK(text, parameters);
            case "total-variation" -> new LogitLoss.TotalVariation();
            case "ce" -> new LogitLoss.CrossEntropy();
            default -> throw Refused.usage("loss", text, "must be one of " + String.join(", ", NAMES));
        };
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int colon = text.indexOf(':'); colon >= 0; colon = text.indexOf(':', start)) {
            words.add(text.substring(start, colon));
            start = colon + 1;
        }
        words.add(text.substring(start));
        return words;
    }

    private static double parameter(String text, List<String> parameters, double standard) {
        return parameters.isEmpty() ? standard : number(text, parameters.getFirst());
    }

    private static LogitLoss topK(String text, List<String> parameters) {
        if (parameters.isEmpty()) {
            throw Refused.usage("loss", text, "must say how many tokens: top-k:64");
        }
        double k = number(text, parameters.getFirst());
        if (k != (int) k) {
            throw Refused.usage("loss", text, "must name a whole number of tokens");
        }
        return new LogitLoss.TopK((int) k, parameters.size() < 2 ? Rest.TAIL : rest(text, parameters.get(1)));
    }

    private static Rest rest(String text, String name) {
        return Arrays.stream(Rest.values())
                .filter(rest -> spelt(rest).equals(name))
                .findFirst()
                .orElseThrow(() -> Refused.usage(
                        "loss",
                        text,
                        "must end in one of "
                                + Arrays.stream(Rest.values())
                                        .map(LossSyntax::spelt)
                                        .collect(Collectors.joining(", "))));
    }

    static String spelt(Rest rest) {
        return rest.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static double number(String text, String number) {
        try {
            return Double.parseDouble(number);
        } catch (NumberFormatException e) {
            throw Refused.usage("loss", text, "'" + number + "' must be a number");
        }
    }
}
