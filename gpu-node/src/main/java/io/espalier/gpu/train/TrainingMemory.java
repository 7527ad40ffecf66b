package io.espalier.gpu.train;

import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ActivationMemory;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.torch.Dtype;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Bytes that distilling takes on one device that teacher and student share, by part. Weights, gradients and moments are
 * exact; activations are counted from the kernels; what the allocator and the libraries take for themselves is not in it.
 *
 * @param masters the student's weights, f32
 * @param gradients f32; the head's once more where it is tied to the embedding
 * @param moments of AdamW, f32
 * @param copies of the student's matrices in the compute type, for as long as its graph needs them
 * @param activations of the student, as its graph holds them
 * @param backward gradients of activations on their way through one layer
 * @param loss logits of one chunk, of both models, the tile that is worked on, and where the head is not tied its gradient by one
 *     micro-batch, which a global batch of one micro-batch does without
 * @param projections their weights, gradients and moments
 * @param teacher its weights in the compute type
 * @param teacherPass activations of one of its layers; not at the same time as the student's
 * @param signals hidden states on their way from teacher to student
 */
public record TrainingMemory(
        long masters,
        long gradients,
        long moments,
        long copies,
        long activations,
        long backward,
        long loss,
        long projections,
        long teacher,
        long teacherPass,
        long signals) {
    private static final long F32 = Float.BYTES;
    /** f32 arrays as large as a tile that are alive at once while a divergence is worked out. */
    private static final long TILES = 5;

    /**
     * The properties of a run that its memory depends on.
     *
     * @param rows of a micro-batch
     * @param prefetch signals that may wait for the student, which holds another
     */
    public record Run(Dtype compute, boolean gpu, int rows, int seqLength, boolean recompute, int prefetch) {
        long tokens() {
            return Math.multiplyExact((long) rows, seqLength);
        }
    }

    /** Reckons the memory of distilling the student from the teacher. */
    public static TrainingMemory of(
            ModelConfig student, ModelConfig teacher, FeatureLoss features, ChunkedHead head, Run run) {
        ActivationMemory mine = activations(student, run);
        ActivationMemory theirs = activations(teacher, run);
        long parameters = student.parameters();
        long layers = student.numHiddenLayers();
        long tied = student.tieWordEmbeddings() ? headElements(student) : 0;
        long kept = run.recompute
                ? layers * mine.stream() + Math.max(mine.recordedLayer(), mine.plainLayer())
                : mine.recordedLayers();
        return new TrainingMemory(
                F32 * parameters,
                F32 * (parameters + tied),
                2 * F32 * parameters + F32 * student.tensors().size(),
                (run.recompute ? mine.layerCopies() : mine.layersCopies()) + mine.headCopy(),
                kept + mine.end(),
                mine.layerGradients(),
                loss(student, teacher, head, run),
                projections(features),
                frozen(teacher, run.compute),
                theirs.plainLayer() + theirs.end(),
                (run.prefetch + 1L) * signal(teacher, features, run));
    }

    private static ActivationMemory activations(ModelConfig config, Run run) {
        return ActivationMemory.of(config, run.compute, run.gpu, run.rows, run.seqLength);
    }

    private static long headElements(ModelConfig config) {
        return (long) config.vocabSize() * config.hiddenSize();
    }

    private static long loss(ModelConfig student, ModelConfig teacher, ChunkedHead head, Run run) {
        long vocabulary = student.vocabSize();
        long rows = Math.min(run.tokens(), head.rowsPerProduct(vocabulary));
        long tile = Math.min(rows, head.rowsPerTile(vocabulary));
        long logits = rows * run.compute.bytes() * (vocabulary + teacher.vocabSize());
        // The head's gradient: a product of its own on a GPU, the slopes once more in f32 on a processor.
        long product = run.gpu
                ? run.compute.bytes() * headElements(student)
                : run.compute == Dtype.F32 ? 0 : F32 * rows * vocabulary;
        long part = student.tieWordEmbeddings() ? 0 : F32 * headElements(student);
        return logits + TILES * F32 * tile * vocabulary + product + part;
    }

    private static long projections(FeatureLoss features) {
        return features.projections().stream()
                        .mapToLong(p -> Math.multiplyExact((long) p.in(), p.out()) + p.out())
                        .sum()
                * 4
                * F32;
    }

    private static long frozen(ModelConfig config, Dtype matrices) {
        return config.tensors().stream()
                .mapToLong(spec -> spec.elements() * spec.frozenType(matrices).bytes())
                .sum();
    }

    private static long signal(ModelConfig teacher, FeatureLoss features, Run run) {
        long states = features.pairs().stream()
                .map(FeatureLoss.Pair::teacher)
                .distinct()
                .mapToLong(place -> features.teacherWidth(place, teacher))
                .sum();
        return run.tokens() * run.compute.bytes() * (teacher.hiddenSize() + states);
    }

    /** The most that is taken at once: teacher and student take turns. */
    public long peak() {
        return LongStream.of(masters, gradients, moments, projections, teacher, signals)
                        .sum()
                + Math.max(teacherPass, copies + activations + Math.max(backward, loss));
    }

    /** Each part by its name. */
    public Map<String, Long> parts() {
        Map<String, Long> parts = new LinkedHashMap<>();
        parts.put("student weights, f32 masters", masters);
        parts.put("student gradients, f32", gradients);
        parts.put("AdamW moments, f32", moments);
        parts.put("student weights, compute copies", copies);
        parts.put("student activations", activations);
        parts.put("gradients of a layer's activations", backward);
        parts.put("loss: logits of a chunk, gradient of the head", loss);
        parts.put("projections, all of theirs", projections);
        parts.put("teacher weights", teacher);
        parts.put("teacher's pass, in turn", teacherPass);
        parts.put("teacher's signals", signals);
        return parts;
    }
}
