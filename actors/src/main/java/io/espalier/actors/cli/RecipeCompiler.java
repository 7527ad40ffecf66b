package io.espalier.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import io.espalier.actors.daemon.Admission;
import io.espalier.actors.daemon.JobCompiler;
import io.espalier.actors.http.JobRequest;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.settings.JsonData;
import io.espalier.gpu.Refused;
import io.espalier.streams.live.KafkaProperties;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Recipes as jobs of a daemon: commands whose student may be a rank. */
final class RecipeCompiler implements JobCompiler {
    static final String CONTINUAL = "continual";

    static final Set<String> COMMANDS = Set.of(CONTINUAL, "distill");
    static final String LIVE = "live";
    private static final String SOURCES = LIVE + ".sources";
    private static final String SOURCE = "[a-z0-9-]{1,40}";

    @Override
    public JobSpec compile(JobRequest.Submit submit, Admission admission, Path spools) {
        String command = submit.command();
        if (!COMMANDS.contains(command)) {
            throw new Refused(
                    Refused.Reason.VALIDATION, "command " + command + ": a daemon's job is one of " + COMMANDS);
        }
        String job = "job " + submit.job();
        CommandLine line = Main.commandLine();
        CommandSpec spec = line.getSubcommands().get(command).getCommandSpec();
        Config sent = JsonData.of(submit.options());
        requireData(sent);
        Config admitted = Recipe.withPaths(
                spec,
                sent,
                (setting, path) -> admission
                        .paths()
                        .admit(setting, submit.directory(), path)
                        .toString());
        try {
            requireKafka(admitted, submit.directory(), admission);
            List<String> arguments = Recipe.arguments(spec, withSpools(admitted, spools), job);
            return DescribesJob.of(line, arguments)
                    .job(submit.job(), submit.directory())
                    .from(UUID.randomUUID().toString());
        } catch (ParameterException | ConfigException e) {
            throw new Refused(Refused.Reason.VALIDATION, job + ": " + e.getMessage(), e);
        }
    }

    /**
     * Refuses a live section that is a text: a text could name files or variables, and only the submitter's own command
     * may read those.
     */
    private static void requireData(Config options) {
        if (options.root().containsKey(LIVE) && !(options.root().get(LIVE) instanceof ConfigObject)) {
            throw new Refused(
                    Refused.Reason.VALIDATION,
                    LIVE + ": must be an object, { \"sources\": { ... } }: text and files are read by whoever submits");
        }
    }

    private static void requireKafka(Config options, Path directory, Admission admission) {
        for (String source : sources(options, "kafka")) {
            String path = ConfigUtil.joinPath(LIVE, "sources", source, "properties");
            if (!options.hasPath(path)) {
                continue;
            }
            KafkaProperties.of(options.getConfig(path)).forEach((name, value) -> {
                String setting = SOURCES + "." + source + ".properties: " + name;
                if (!admission.kafkaProperties().contains(name)) {
                    throw new Refused(
                            Refused.Reason.NOT_ALLOWED,
                            setting
                                    + ": may not be set by a job: those of espalier.daemon.kafka-properties may, which"
                                    + " are "
                                    + new TreeSet<>(admission.kafkaProperties()));
                }
                if (name.endsWith(".location")) {
                    admission.paths().admit(setting, directory, value);
                }
            });
        }
    }

    /** Sets the spools of HTTP sources, since their place is the daemon's to say. */
    private static Config withSpools(Config options, Path spools) {
        Config with = options;
        for (String source : sources(options, "http")) {
            with = with.withValue(
                    ConfigUtil.joinPath(LIVE, "sources", source, "spool"),
                    ConfigValueFactory.fromAnyRef(
                            spools.resolve(requireName(source)).toString()));
        }
        return with;
    }

    private static List<String> sources(Config options, String kind) {
        List<String> names = new ArrayList<>();
        if (options.hasPath(SOURCES) && options.getValue(SOURCES).valueType() == ConfigValueType.OBJECT) {
            Config sources = options.getConfig(SOURCES);
            for (String name : sources.root().keySet()) {
                String its = ConfigUtil.joinPath(name, "kind");
                if (sources.root().get(name) instanceof ConfigObject
                        && sources.hasPath(its)
                        && kind.equals(sources.getValue(its).unwrapped())) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    /** It becomes the name of a directory. */
    private static String requireName(String source) {
        if (!source.matches(SOURCE)) {
            throw Refused.invalid(SOURCES, "name", source, "must match " + SOURCE);
        }
        return source;
    }

    @Override
    public boolean takesOrders(JobSpec job) {
        return job.kind().equals(CONTINUAL);
    }
}
