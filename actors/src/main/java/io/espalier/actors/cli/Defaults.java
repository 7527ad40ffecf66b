package io.espalier.actors.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Defaults of options, from {@code espalier.cli} of reference.conf: a command's own section, else the common one. */
final class Defaults implements IDefaultValueProvider {
    private final Config config = ConfigFactory.parseResources("reference.conf").getConfig("espalier.cli");

    @Override
    public String defaultValue(ArgSpec argument) {
        if (!(argument instanceof OptionSpec option)) {
            return null;
        }
        String key = option.longestName().replaceFirst("^--", "");
        String own = argument.command().name() + "." + key;
        String common = "common." + key;
        return config.hasPath(own) ? config.getString(own) : config.hasPath(common) ? config.getString(common) : null;
    }
}
