package io.espalier.streams.source;

import static io.espalier.gpu.Refused.setting;

import io.espalier.gpu.Compared;
import io.espalier.gpu.Compared.When;
import io.espalier.gpu.Refused;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.PatternSyntaxException;

/**
 * The shares of the text that the files give.
 *
 * @param shares of the files in their order; empty where each gives what it holds, once an epoch
 */
public record BlendWeights(
        @Compared(value = When.ON_STORED_TEXT, as = "data-weight")
        List<Double> shares) {
    /** Every file once an epoch, mixed by size. */
    public static final BlendWeights BY_SIZE = new BlendWeights(List.of());

    public BlendWeights {
        shares = List.copyOf(shares);
    }

    /**
     * Files by globs over their names or paths, each of which has a weight; files of one glob share its weight by size.
     *
     * @param weights none for {@link #BY_SIZE}; else every file must match exactly one
     */
    public static BlendWeights of(List<TextFile> files, Map<String, Double> weights) {
        if (weights.isEmpty()) {
            return BY_SIZE;
        }
        List<Double> shares = new ArrayList<>(Collections.nCopies(files.size(), 0.0));
        weights.forEach((glob, weight) -> {
            if (!(weight > 0) || weight.isInfinite()) {
                throw Refused.usage("data-weight", glob + "=" + weight, "must be above 0");
            }
            List<Integer> matched = matched(files, glob);
            double bytes = matched.stream().mapToDouble(i -> size(files.get(i))).sum();
            for (int i : matched) {
                if (shares.get(i) > 0) {
                    throw Refused.usage(
                            "data-weight", glob, "must leave " + files.get(i).path() + " to one glob");
                }
                shares.set(i, weight * size(files.get(i)) / bytes);
            }
        });
        if (shares.contains(0.0)) {
            throw Refused.usage(
                    "data-weight",
                    String.join(", ", weights.keySet()),
                    "must match every file, not all but "
                            + files.get(shares.indexOf(0.0)).path());
        }
        return new BlendWeights(shares);
    }

    private static long size(TextFile file) {
        return Math.max(1, file.bytes());
    }

    private static List<Integer> matched(List<TextFile> files, String glob) {
        List<Integer> matched = new ArrayList<>();
        try {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
            for (int i = 0; i < files.size(); i++) {
                Path path = files.get(i).path();
                if (matcher.matches(path.getFileName()) || matcher.matches(path)) {
                    matched.add(i);
                }
            }
        } catch (PatternSyntaxException e) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    setting("data-weight") + " " + glob + ": must be a glob: " + e.getDescription(),
                    e);
        }
        if (matched.isEmpty()) {
            throw Refused.usage("data-weight", glob, "must match a file of " + setting("data"));
        }
        return matched;
    }
}
