package io.espalier.gpu.model;

import io.espalier.gpu.torch.Dtype;
import java.util.Arrays;
import java.util.List;

/**
 * A parameter, with all that loading, surgery, repair, export and memory need to know of it.
 *
 * @param name as in a Hugging Face checkpoint
 * @param layer that it belongs to; -1 for none
 * @param expert that it belongs to; -1 for none
 * @param local its name within the layer, with {@link #EXPERT} for the expert's number, or its whole name
 * @param axes its dimensions
 * @param start its value in a model that has learnt nothing
 * @param site where pruning sees what goes into a matrix, or comes out of a norm; null where it does not look
 * @param gguf its name in a GGUF file; several parameters of one name are stacked there
 */
public record TensorSpec(
        String name, int layer, int expert, String local, List<Axis> axes, Start start, Taps.Site site, String gguf) {
    static final String EXPERT = "{expert}";

    /** The values of a parameter in a model that has learnt nothing. */
    public enum Start {
        NORMAL,
        ONES,
        ZEROS
    }

    /** The name of this parameter in another layer, and of another expert. */
    public String in(int otherLayer, int otherExpert) {
        return layer < 0 ? name : nameOf(otherLayer, otherExpert, local);
    }

    static String nameOf(int layer, int expert, String local) {
        String numbered = local.replace(EXPERT, Integer.toString(expert));
        return layer < 0 ? numbered : Anatomy.layerPrefix(layer) + numbered;
    }

    public long[] shape() {
        return axes.stream().mapToLong(Axis::size).toArray();
    }

    /** Number of elements. */
    public long elements() {
        return Arrays.stream(shape()).reduce(1, Math::multiplyExact);
    }

    /** Whether it is kept in the type of matrices: it has two dimensions or more. */
    public boolean matrix() {
        return axes.size() > 1;
    }

    /** Whether its rows are channels of queries or keys, which positions turn. */
    public boolean turned() {
        return local.startsWith(AttentionBlock.QUERY) || local.startsWith(AttentionBlock.KEY);
    }

    /** Whether a GGUF file has it stacked with those of the layer's other experts. */
    public boolean stacked() {
        return expert >= 0;
    }

    /** Whether it is the gain of a norm, stored as its distance from one. */
    public boolean fromOne() {
        return !matrix() && start == Start.ZEROS && local.endsWith(".weight");
    }

    /** The type of a parameter that is not trained: {@code matrices}, or f32 for vectors (norms, biases). */
    public Dtype frozenType(Dtype matrices) {
        return matrix() ? matrices : Dtype.F32;
    }
}
