package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.ComputeSettings;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.rank.RankSettings;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.distill.FeatureLoss;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.train.TrainingMemory;
import java.util.Map;

/** What distilling a pair takes on one device, with and without running layers again. */
record TrainingMemoryTable(ModelConfig student, ModelConfig teacher, FeatureLoss features, ComputeSettings compute) {
    private static final double GIB = 1L << 30;

    void print(CommonOptions common, int rows, int seqLength) {
        if (rows < 1 || seqLength < 1) {
            throw new Refused(
                    Refused.Reason.USAGE, "--batch " + rows + ", --seq-length " + seqLength + ": must be at least 1");
        }
        TrainingMemory whole = memory(rows, seqLength, false);
        TrainingMemory again = memory(rows, seqLength, true);
        ObjectNode json = CommonOptions.object();
        json.put("student_parameters", student.parameters()).put("teacher_parameters", teacher.parameters());
        json.put("batch", rows).put("seq_length", seqLength).put("dtype", EnumNames.of(compute.dtype()));
        json.put("peak_bytes", whole.peak()).put("peak_bytes_recompute", again.peak());
        Table table = new Table("part", "GiB", "GiB with --recompute");
        for (Map.Entry<String, Long> part : whole.parts().entrySet()) {
            long other = again.parts().get(part.getKey());
            json.withArray("parts")
                    .addObject()
                    .put("part", part.getKey())
                    .put("bytes", part.getValue())
                    .put("bytes_recompute", other);
            table.row(part.getKey(), gib(part.getValue()), gib(other));
        }
        table.row("at once", gib(whole.peak()), gib(again.peak()));
        common.print(json, heading(rows, seqLength) + "\n\n" + table.toText() + "\n\n" + """
                        weights, gradients and moments are exact, activations counted from the kernels; the allocator and the
                        libraries take more. The teacher's pass is not at the same time as the student's.""");
    }

    private TrainingMemory memory(int rows, int seqLength, boolean recompute) {
        int prefetch = RankSettings.of(EspalierConfig.load()).prefetch();
        boolean gpu = compute.device().startsWith("cuda");
        return TrainingMemory.of(
                student,
                teacher,
                features,
                compute.head(),
                new TrainingMemory.Run(compute.dtype(), gpu, rows, seqLength, recompute, prefetch));
    }

    private String heading(int rows, int seqLength) {
        return "student " + Table.count(student.parameters()) + " parameters (" + shape(student) + "), teacher "
                + Table.count(teacher.parameters()) + " (" + shape(teacher) + "), " + rows + " x " + seqLength
                + " tokens, " + EnumNames.of(compute.dtype());
    }

    private static String shape(ModelConfig config) {
        return config.numHiddenLayers() + " layers, hidden " + config.hiddenSize() + ", ffn "
                + config.intermediateSize();
    }

    private static String gib(long bytes) {
        return Table.number(bytes / GIB, 2);
    }
}
