package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds up what passes through some layers in a row, and through the last norm where they are the last. Values are f32 and
 * sums f64. Positions whose target does not count are left out. Owns its accumulators.
 */
final class LayerSums implements AutoCloseable {
    /** The sites at which channels are added up, in the order of a layer. */
    static final List<Taps.Site> CHANNEL_SITES = List.of(
            Taps.Site.ATTENTION_NORM,
            Taps.Site.O_PROJ_INPUT,
            Taps.Site.MLP_NORM,
            Taps.Site.DOWN_PROJ_INPUT,
            Taps.Site.EXPERTS);

    private final boolean blocks;
    private final int from;
    private final NDManager manager;
    private final Map<Taps.Place, NDArray> channels = new LinkedHashMap<>();
    /**
     * The sums of cosines of the layers counted from {@link #from}: [i][j] compares the input of i with the output of
     * j.
     */
    private final NDArray[][] cosines;

    private long rows;
    private long tokens;

    /** @param blocks whether to compare the input of each layer with the output of every later one, too */
    LayerSums(Torch torch, ModelConfig config, int from, int to, boolean blocks) {
        this.blocks = blocks;
        this.from = from;
        this.manager = torch.longLived();
        places(config, from, to)
                .forEach(place -> channels.put(place, torch.zeros(manager, shape(config, place), Dtype.F64)));
        this.cosines = new NDArray[to - from][to - from];
        for (NDArray[] row : cosines) {
            Arrays.setAll(row, i -> torch.zeros(manager, new long[] {1}, Dtype.F64));
        }
    }

    /** The places at which channels are added up in layers [from, to). */
    static List<Taps.Place> places(ModelConfig config, int from, int to) {
        List<Taps.Place> places = new ArrayList<>();
        for (int layer = from; layer < to; layer++) {
            for (Taps.Site site : CHANNEL_SITES) {
                if (site.channels(config) > 0) {
                    places.add(new Taps.Place(site, layer));
                }
            }
        }
        if (to == config.numHiddenLayers()) {
            places.add(finalNorm(config));
        }
        return places;
    }

    static Taps.Place finalNorm(ModelConfig config) {
        return new Taps.Place(Taps.Site.FINAL_NORM, config.numHiddenLayers());
    }

    /** The shape of the sums of a place's channels. */
    static long[] shape(ModelConfig config, Taps.Place place) {
        return new long[] {ChannelSums.KINDS, place.site().channels(config)};
    }

    /**
     * Begins a pass; what it sees is added as it is seen.
     *
     * @param scope of the pass
     * @param mask rows × positions, false where one does not count; null where all count
     */
    Taps pass(Scope scope, int rows, int positions, boolean[] mask) {
        Pass pass = new Pass(scope, rows, positions, mask);
        this.rows += rows;
        this.tokens += pass.counting;
        return pass;
    }

    private final class Pass implements Taps {
        private final Scope scope;
        /** [rows, positions], 1 where one counts. */
        private final NDArray positions;
        /** [rows, 1]. */
        private final NDArray divisors;

        private final boolean masked;
        private final List<NDArray> inputs = new ArrayList<>();
        private long counting;

        Pass(Scope scope, int rows, int positions, boolean[] mask) {
            float[] ones = new float[rows * positions];
            double[] counts = new double[rows];
            for (int i = 0; i < ones.length; i++) {
                int one = mask == null || mask[i] ? 1 : 0;
                ones[i] = one;
                counts[i / positions] += one;
                counting += one;
            }
            this.scope = scope;
            this.positions = scope.floats(ones, rows, positions);
            // The sums of a row without any are 0, whatever they are divided by.
            double[] divisors = Arrays.stream(counts).map(n -> Math.max(n, 1)).toArray();
            this.divisors = scope.manager().create(divisors).reshape(rows, 1);
            this.masked = mask != null;
        }

        @Override
        public void see(Site site, int layer, NDArray value) {
            switch (site) {
                case LAYER_INPUT -> {
                    if (!blocks) {
                        inputs.forEach(NDArray::close);
                        inputs.clear();
                    }
                    inputs.add(scope.run("unit", value).head());
                }
                case ATTENTION_NORM, O_PROJ_INPUT, MLP_NORM, DOWN_PROJ_INPUT, EXPERTS, FINAL_NORM ->
                    addChannels(channels.get(new Place(site, layer)), value);
                case LAYER_OUTPUT -> addCosines(layer - from, value);
            }
        }

        private void addChannels(NDArray sums, NDArray value) {
            try (Scope inner = scope.child()) {
                NDArray seen = masked ? inner.run("masked", value, positions).head() : value;
                inner.run("channel_sums", sums, seen, divisors);
            }
        }

        private void addCosines(int to, NDArray output) {
            try (Scope inner = scope.child()) {
                NDArray unit = inner.run("unit", output).head();
                for (int i = 0; i < inputs.size(); i++) {
                    int first = to + 1 - inputs.size() + i;
                    inner.run("dot_sum", cosines[first][to], inputs.get(i), unit, positions);
                }
            }
        }
    }

    /** Rows seen. */
    long rows() {
        return rows;
    }

    /** Positions of them that counted. */
    long tokens() {
        return tokens;
    }

    /** Sums of each place's channels, [6, C]; they change with the next pass. */
    Map<Taps.Place, NDArray> channels() {
        return channels;
    }

    /** The sum of cosines between the input of a layer and the output of a later one, or its own: [1]. */
    NDArray cosine(int first, int last) {
        return cosines[first - from][last - from];
    }

    @Override
    public void close() {
        manager.close();
    }
}
