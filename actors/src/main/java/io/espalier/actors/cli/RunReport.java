package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.program.TrainingSession;
import io.espalier.actors.protocol.JobProgress;
import io.espalier.actors.protocol.JobView;
import io.espalier.actors.report.MetricsLog;
import io.espalier.actors.report.Table;
import io.espalier.gpu.cache.CacheCounts;
import java.nio.file.Path;
import java.util.List;

/**
 * Prints what a run came to.
 *
 * @param out where its model is
 * @param teacher that it learnt from; null for none
 */
record RunReport(CommonOptions common, Path out, Path teacher) {
    /** Prints a run of this process; gives the exit code. */
    int print(TrainingSession.Result result) {
        ObjectNode json = CommonOptions.object();
        json.put("steps", result.steps());
        json.put("tokens", result.tokens());
        json.put("tokens_per_s", result.tokensPerSecond());
        json.put("loss", result.loss());
        json.put("out", out.toString());
        Table table = new Table("measure", "value")
                .row("steps", Table.count(result.steps()))
                .row("tokens", Table.count(result.tokens()))
                .row("tokens/s", Table.count(Math.round(result.tokensPerSecond())))
                .row("last loss", Table.number(result.loss(), 4));
        CacheCounts cache = result.teacherCache();
        if (cache != null) {
            MetricsLog.put(json.putObject("teacher_cache"), cache);
            table.row(
                    "batches from the teacher's cache",
                    Table.count(cache.hits()) + " of " + Table.count(cache.hits() + cache.misses()));
        }
        end(json, table);
        return 0;
    }

    /** Prints a job of several ranks; gives the exit code. */
    int print(JobView view) {
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
        json.put("student_restarts", view.restarts()).put("out", out.toString());
        table.row("students that died", Table.count(view.restarts()));
        end(json, table);
        return 0;
    }

    private void end(ObjectNode json, Table table) {
        common.print(json, table.row("out", out.toString()).toText());
        NextSteps.say(common, out, next(out, teacher));
    }

    /** Commands that go on with a model, and with its teacher where there is one. */
    static List<String> next(Path out, Path teacher) {
        String model = NextSteps.word(out);
        return List.of(
                "espalier eval --model " + model + (teacher == null ? "" : " --teacher " + NextSteps.word(teacher))
                        + " --data HELDOUT",
                "espalier generate --model " + model + " --prompt TEXT",
                "espalier export --model " + model + " --format gguf --out "
                        + NextSteps.word(out.resolveSibling(out.getFileName() + ".gguf")));
    }
}
