package io.espalier.gpu.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.model.Taps.Place;
import io.espalier.gpu.model.Taps.Site;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The tensors that a teacher's signal is made of, [N, width] each: the final hidden states, then what a feature loss
 * compares, from the lowest layer up. The order of a signal's parts and of a stored signal's bytes.
 *
 * @param type of all
 * @param last the final hidden states
 * @param tapped places that a feature loss compares, each once
 */
public record SignalLayout(TensorType type, Entry last, List<Entry> tapped) {
    private static final Comparator<Place> ORDER =
            Comparator.comparingInt(Place::layer).thenComparing(Place::site);

    /** One tensor. */
    public record Entry(Place place, int width) {
        PartName name() {
            return new PartName.State(place);
        }
    }

    public SignalLayout {
        tapped = List.copyOf(tapped);
    }

    /** Gives the layout of a teacher that computes in a type. */
    public static SignalLayout of(ModelConfig teacher, FeatureLoss features, Dtype compute) {
        Place last = new Place(Site.FINAL_NORM, teacher.numHiddenLayers());
        List<Entry> tapped = features.pairs().stream()
                .map(FeatureLoss.Pair::teacher)
                .distinct()
                .sorted(ORDER)
                .map(place -> new Entry(place, features.teacherWidth(place, teacher)))
                .toList();
        return new SignalLayout(TensorType.valueOf(compute.name()), new Entry(last, teacher.hiddenSize()), tapped);
    }

    boolean taps(Place place) {
        return tapped.stream().anyMatch(entry -> entry.place.equals(place));
    }

    /** The states that are tapped in layers [from, to). */
    List<Entry> tapped(int from, int to) {
        return tapped.stream()
                .filter(entry -> entry.place.layer() >= from && entry.place.layer() < to)
                .toList();
    }

    /** Bytes of a signal of so many tokens. */
    long bytes(long tokens) {
        long width = last.width + tapped.stream().mapToLong(Entry::width).sum();
        return Math.multiplyExact(Math.multiplyExact(tokens, width), type.bytes());
    }

    private List<Entry> entries() {
        List<Entry> entries = new ArrayList<>(tapped);
        entries.addFirst(last);
        return entries;
    }

    /** A whole signal's parts, cut out of its bytes. */
    List<SignalPart> cut(MemorySegment payload, long tokens) {
        List<SignalPart> parts = new ArrayList<>();
        long at = 0;
        for (Entry entry : entries()) {
            long bytes = Math.multiplyExact(tokens * entry.width, type.bytes());
            parts.add(new SignalPart(
                    entry.name(), type, new long[] {tokens, entry.width}, List.of(payload.asSlice(at, bytes))));
            at += bytes;
        }
        return parts;
    }

    /** A tensor of the signal as a part; on a device that is not the host, its copy joins {@code manager}. */
    SignalPart part(Torch torch, NDManager manager, Entry entry, NDArray tensor) {
        return new SignalPart(
                entry.name(),
                type,
                tensor.getShape().getShape(),
                List.of(torch.hostBytes(manager, tensor, type.dtype())));
    }

    /** Tensors by their places as parts, in the order given. */
    List<SignalPart> parts(Torch torch, NDManager manager, List<Entry> entries, Map<Place, NDArray> states) {
        return entries.stream()
                .map(entry -> part(torch, manager, entry, states.get(entry.place)))
                .toList();
    }

    /** Refuses a signal of a batch of so many tokens that is not of this layout. */
    void check(String where, long tokens, List<SignalPart> parts) {
        check(where, tokens, entries(), parts);
    }

    /** Refuses parts that are not those expected, in their order. */
    void check(String where, long tokens, List<Entry> expected, List<SignalPart> parts) {
        if (parts.size() != expected.size()) {
            throw Refused.invalid(where, "parts", parts.size(), "must be " + expected.size());
        }
        for (int i = 0; i < parts.size(); i++) {
            Entry entry = expected.get(i);
            parts.get(i).require(where, entry.name(), type, tokens, entry.width);
        }
    }
}
