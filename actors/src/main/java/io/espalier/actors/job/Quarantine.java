package io.espalier.actors.job;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.report.JsonLines;
import io.espalier.gpu.Refused;
import io.espalier.gpu.batch.Provenance;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.disk.DiskFault;
import io.espalier.gpu.train.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The record of the global batches whose loss or gradient was not finite: {@code quarantine.jsonl}, a line for each
 * micro-batch with its ids and the records that they came from. Too many in a row end the run.
 */
public final class Quarantine {
    static final String FILE = "quarantine.jsonl";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final int limit;
    private int inRow;

    /**
     * Opens the quarantine of a run that goes on after a step.
     *
     * @param after lines of later steps, which a run that resumes will come to once more, are dropped
     * @param limit global batches in a row
     */
    public Quarantine(Path directory, long after, int limit) {
        this.file = directory.resolve(FILE);
        this.limit = limit;
        if (Files.exists(file)) {
            try (JsonLines lines = new JsonLines(file, Long.MAX_VALUE)) {
                lines.keepUpTo(after);
            }
        }
    }

    /** Takes in the report of each micro-batch, in order. */
    public void accept(StepReport report) {
        switch (report.outcome()) {
            case ACCUMULATED -> {}
            case STEPPED -> inRow = 0;
            case SKIPPED -> {
                report.rejected().forEach(batch -> write(report, batch));
                if (++inRow >= limit) {
                    throw Refused.invalid(
                            file,
                            "step " + report.step(),
                            "loss " + report.loss() + ", gradient norm " + report.gradNorm(),
                            "must be finite; " + inRow + " global batches in a row were passed over (--max-skipped)");
                }
            }
        }
    }

    private void write(StepReport report, TokenBatch batch) {
        ObjectNode line = JSON.createObjectNode();
        line.put("step", report.step());
        line.put("batch", batch.sequence());
        line.put("loss", report.loss());
        line.put("grad_norm", report.gradNorm());
        line.put("seq_length", batch.seqLength());
        for (Provenance from : batch.provenance()) {
            line.withArray("records")
                    .addObject()
                    .put("source", from.source())
                    .put("partition", from.partition())
                    .put("from", from.from())
                    .put("to", from.to());
        }
        for (int id : batch.ids()) {
            line.withArray("ids").add(id);
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw DiskFault.failure(file, e);
        }
        try (JsonLines lines = new JsonLines(file, Long.MAX_VALUE)) {
            lines.add(line);
        }
    }
}
