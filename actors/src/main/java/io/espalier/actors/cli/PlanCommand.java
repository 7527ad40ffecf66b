package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.actors.job.FeatureMap;
import io.espalier.actors.job.Features;
import io.espalier.actors.pruning.CandidateJson;
import io.espalier.actors.pruning.CandidateSearch;
import io.espalier.actors.pruning.CandidateSearch.Found;
import io.espalier.actors.pruning.Goal;
import io.espalier.actors.report.Table;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.gpu.model.ModelConfig;
import io.espalier.gpu.prune.ArchitectureSearch.Candidate;
import io.espalier.gpu.prune.ExpectedDamage;
import io.espalier.gpu.prune.Importance;
import io.espalier.gpu.prune.ScoresFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "plan",
        description =
                "Lists the shapes that a model could be pruned to within a budget, from its config.json alone: the"
                        + " search space and the order of NVIDIA's Model Optimizer. Or tells what distilling takes.",
        footer = {
            "",
            "Examples:",
            "  espalier plan --model models/Qwen3-8B --target-params 6e9",
            "  espalier plan --model models/Qwen3-8B --target-params 6e9 --spread 0.1 --scores qwen3-8b.scores",
            "  espalier plan --model models/Qwen3-8B --target-params 6e9 --training-memory --dtype bf16"
        })
final class PlanCommand implements Callable<Integer> {
    private static final double MIB = 1 << 20;

    @Mixin
    private SearchOptions search;

    @Mixin
    private ImportanceOptions importance;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "PATH",
            description = "A model directory or a bare config.json.")
    private Path model;

    @Option(
            names = {"--serve-batch", "--batch"},
            description = SearchOptions.SERVE_BATCH)
    private int serveBatch;

    @Option(
            names = {"--serve-length", "--seq-length"},
            description = SearchOptions.SERVE_LENGTH)
    private int serveLength;

    @Mixin
    private FeatureOptions features;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private CommonOptions common;

    @Option(
            names = "--training-memory",
            description = "Tell instead what distilling takes on one device, by part, with and without --recompute: of"
                    + " --student, or of the first shape within the budget, from --model. The micro-batch is --batch x"
                    + " --seq-length, the compute type --dtype.")
    private boolean trainingMemory;

    @Option(
            names = "--student",
            paramLabel = "PATH",
            description = "With --training-memory: the student's directory or bare config.json.")
    private Path student;

    @Override
    public Integer call() {
        ModelConfig config = ModelConfig.read(model);
        if (student != null && !trainingMemory) {
            throw new Refused(Refused.Reason.USAGE, "--student: is for --training-memory");
        }
        if (trainingMemory) {
            ModelConfig pupil = student == null ? firstShape(config) : ModelConfig.read(student);
            new TrainingMemoryTable(
                            pupil,
                            config,
                            FeatureMap.of(features.features().orElse(Features.NONE), pupil, config),
                            compute.settings())
                    .print(common, serveBatch, serveLength);
            return 0;
        }
        Goal.Within goal = search.goal(SearchOptions.serving(config, serveBatch, serveLength));
        ExpectedDamage damage = importance.scores == null ? null : damage(config);
        print(goal, CandidateSearch.find(config, goal, damage, compute.settings()), damage);
        return 0;
    }

    private ModelConfig firstShape(ModelConfig config) {
        if (!search.named()) {
            throw new Refused(Refused.Reason.USAGE, "--training-memory needs --student or a budget");
        }
        Goal.Within goal = search.goal(SearchOptions.serving(config, serveBatch, serveLength));
        Candidate first = CandidateSearch.find(config, goal, null, compute.settings())
                .candidates()
                .getFirst();
        return config.withShape(
                first.hiddenSize(),
                first.intermediateSize(),
                first.numAttentionHeads(),
                first.numKeyValueHeads(),
                IntStream.range(0, first.numHiddenLayers()).boxed().toList());
    }

    private ExpectedDamage damage(ModelConfig config) {
        ScoresFile scores = ScoresFile.read(importance.scores);
        scores.requireModel(importance.scores, config, digest());
        return new ExpectedDamage(config, Importance.of(scores.statistics(), config, importance.settings()));
    }

    /** The digest of the weights; empty where there are none. */
    private String digest() {
        if (!Files.isDirectory(model)) {
            return "";
        }
        try {
            return ModelDirectory.digestOf(model);
        } catch (Refused e) {
            if (e.reason() == Refused.Reason.NOT_FOUND) {
                return "";
            }
            throw e;
        }
    }

    private void print(Goal.Within goal, Found found, ExpectedDamage damage) {
        ObjectNode json = CommonOptions.object();
        json.put("combinations", found.combinations());
        json.put("feasible", found.feasible().size());
        List<String> columns = new ArrayList<>(
                List.of("#", "layers", "hidden", "ffn", "heads", "kv heads", "parameters", "memory MiB", "latency"));
        if (goal.limitsLatency()) {
            columns.add("ms");
        }
        if (damage != null) {
            columns.add("damage");
        }
        Table table = new Table(columns.toArray(String[]::new));
        int rank = 1;
        for (Candidate candidate : found.candidates()) {
            ObjectNode node = json.withArray("candidates").addObject();
            CandidateJson.put(node, candidate);
            List<String> cells = new ArrayList<>(cells(rank++, candidate));
            if (goal.limitsLatency()) {
                node.put("latency_ms", found.millis().get(candidate));
                cells.add(Table.number(found.millis().get(candidate), 1));
            }
            if (damage != null) {
                node.put("expected_damage", damage.of(candidate));
                cells.add(Table.number(damage.of(candidate), 4));
            }
            table.row(cells.toArray(String[]::new));
        }
        common.print(
                json,
                found.combinations() + " shapes, " + found.feasible().size() + " within budget\n\n" + table.toText()
                        + "\n\nmemory: bf16 weights and the KV cache of "
                        + goal.budget().batch() + " x " + goal.budget().seqLength()
                        + " positions; latency: operations, as a share of the full model's");
    }

    private static List<String> cells(int rank, Candidate candidate) {
        return List.of(
                Integer.toString(rank),
                Integer.toString(candidate.numHiddenLayers()),
                Integer.toString(candidate.hiddenSize()),
                Integer.toString(candidate.intermediateSize()),
                Integer.toString(candidate.numAttentionHeads()),
                Integer.toString(candidate.numKeyValueHeads()),
                Table.count(candidate.parameters()),
                Table.number(candidate.memoryBytes() / MIB, 1),
                Table.number(candidate.relativeLatency(), 3));
    }
}
