package io.espalier.actors.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import io.espalier.actors.daemon.JobCompiler;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.gpu.Refused;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Recipes as jobs of a daemon: commands whose student may be a rank. */
final class RecipeCompiler implements JobCompiler {
    static final String CONTINUAL = "continual";

    static final Set<String> COMMANDS = Set.of(CONTINUAL, "distill");
    static final String LIVE = "live";
    private static final String HTTP = "http";
    private static final String SOURCE = "[a-z0-9-]{1,40}";

    @Override
    public JobSpec compile(String id, String command, ObjectNode options, Path directory, Path spools) {
        if (!COMMANDS.contains(command)) {
            throw new Refused(
                    Refused.Reason.VALIDATION, "command " + command + ": a daemon's job is one of " + COMMANDS);
        }
        CommandLine line = Main.commandLine();
        Config given = withSpools(parse(options), spools);
        List<String> arguments = Recipe.arguments(line, command, given, "job " + id, directory);
        try {
            return CommandPrograms.command(line, arguments).job(id, arguments, directory);
        } catch (ParameterException e) {
            throw new Refused(Refused.Reason.VALIDATION, "job " + id + ": " + e.getMessage(), e);
        }
    }

    private static Config parse(ObjectNode options) {
        try {
            return ConfigFactory.parseString(options.toString());
        } catch (ConfigException e) {
            throw new Refused(Refused.Reason.VALIDATION, "options: " + e.getMessage(), e);
        }
    }

    /** Where records wait is the daemon's to say. */
    private static Config withSpools(Config options, Path spools) {
        Config with = options;
        for (String source : httpSources(options)) {
            with = with.withValue(
                    ConfigUtil.joinPath(LIVE, "sources", source, "spool"),
                    ConfigValueFactory.fromAnyRef(spools.resolve(source).toString()));
        }
        return with;
    }

    private static List<String> httpSources(Config options) {
        String path = LIVE + ".sources";
        List<String> names = new ArrayList<>();
        if (options.hasPath(path) && options.getValue(path).valueType() == ConfigValueType.OBJECT) {
            Config sources = options.getConfig(path);
            for (String name : sources.root().keySet()) {
                String kind = ConfigUtil.joinPath(name, "kind");
                if (sources.hasPath(kind) && HTTP.equals(sources.getValue(kind).unwrapped())) {
                    names.add(requireName(name));
                }
            }
        }
        return names;
    }

    /** It becomes the name of a directory. */
    private static String requireName(String source) {
        if (!source.matches(SOURCE)) {
            throw Refused.invalid(LIVE + ".sources", "name", source, "must match " + SOURCE);
        }
        return source;
    }

    @Override
    public Path out(JobSpec job) {
        return Path.of(value(job, "--out"));
    }

    @Override
    public List<String> httpSources(JobSpec job) {
        String live = value(job, "--" + LIVE);
        return live.isEmpty()
                ? List.of()
                : httpSources(ConfigFactory.parseString(live).atKey(LIVE));
    }

    @Override
    public boolean takesOrders(JobSpec job) {
        return job.arguments().getFirst().equals(CONTINUAL);
    }

    /** Of an option of arguments that were made here; empty where it is absent. */
    private static String value(JobSpec job, String option) {
        int at = job.arguments().indexOf(option);
        return at < 0 || at + 1 == job.arguments().size() ? "" : job.arguments().get(at + 1);
    }
}
