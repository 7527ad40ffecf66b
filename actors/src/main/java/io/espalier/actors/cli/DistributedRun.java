package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.EspalierConfig;
import io.espalier.actors.job.TrainRequest;
import io.espalier.actors.job.journal.Journal;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.StagedDirectory;
import java.nio.file.Path;
import java.util.List;

/** Distillation whose ranks are processes of this one. What it needs to go on after its own death lies beside its checkpoints. */
final class DistributedRun {
    private static final String STATE = "ranks";

    private final CommonOptions common;
    private final TrainRequest request;
    private final List<String> arguments;
    private final TeacherRankOptions ranks;

    DistributedRun(CommonOptions common, TrainRequest request, List<String> arguments, TeacherRankOptions ranks) {
        this.common = common;
        this.request = request;
        this.arguments = arguments;
        this.ranks = ranks;
    }

    int run() throws Exception {
        boolean resume = request.checkpoints().resume();
        if (!resume) {
            StagedDirectory.requireFree(request.out());
        }
        if (request.checkpoints().every() == 0) {
            throw new Refused(
                    Refused.Reason.USAGE,
                    "--checkpoint-every 0: a student that dies must find a checkpoint to go on from");
        }
        Path state = request.out().resolve(STATE);
        LocalCluster.Wording wording = new LocalCluster.Wording(
                "distill",
                request.steps(),
                "stopping after the step in flight; the model is saved to " + request.out(),
                "--resume goes on from the newest checkpoint");
        JobSpec job = job(state);
        return finish(new LocalCluster(state, ranks.teachers * ranks.stages, request.compute(), wording).run(job));
    }

    private JobSpec job(Path state) {
        try (Journal journal = Wiring.journal(EspalierConfig.load(), state)) {
            return LocalJob.of(journal, state, arguments, ranks);
        }
    }

    private int finish(JobView view) {
        if (view.exitCode() != 0) {
            System.err.println("espalier: " + view.cause());
            return view.exitCode();
        }
        JobProgress progress = view.progress();
        ObjectNode json = CommonOptions.object();
        Table table = new Table("measure", "value");
        if (progress != null) {
            json.put("steps", progress.step()).put("loss", progress.loss());
            json.put("asked_again", progress.batchesAskedAgain());
            table.row("steps", Table.count(progress.step()))
                    .row("last loss", Table.number(progress.loss(), 4))
                    .row("batches asked again", Table.count(progress.batchesAskedAgain()));
        }
        json.put("student_restarts", view.restarts()).put("out", request.out().toString());
        table.row("students that died", Table.count(view.restarts()));
        common.print(json, table.row("out", request.out().toString()).toText());
        return 0;
    }
}
