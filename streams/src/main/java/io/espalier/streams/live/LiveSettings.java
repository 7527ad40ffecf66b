package io.espalier.streams.live;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.streams.source.TextFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The sources of live text, and the rules for their records.
 *
 * @param directory of the run, in which dead letters and what sources remember are kept
 * @param sources by name
 * @param window keys that are remembered of each source
 * @param idle rest of a source that has nothing
 */
public record LiveSettings(
        Path directory,
        SortedMap<String, SourceSettings> sources,
        int window,
        DeadLetterSettings deadLetters,
        ReplaySettings replay,
        Duration idle) {
    private static final String RESOURCE = "espalier-live.conf";
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,40}");
    /** The keys of the live section; the last two are read by the runs, not here. */
    private static final Set<String> KEYS = Set.of("sources", "dedupe", "dead-letters", "replay", "drift", "gates");

    public LiveSettings {
        sources = Collections.unmodifiableSortedMap(new TreeMap<>(sources));
    }

    /**
     * Reads a recipe's live section over the defaults.
     *
     * @param section whose paths are taken from the working directory
     * @param directory of the run
     * @throws io.espalier.gpu.Refused where a key is unknown, a value breaks its rule, or a file is absent
     */
    public static LiveSettings of(Config section, Path directory) {
        return LiveKeys.read(() -> {
            Config root = ConfigFactory.parseResources(RESOURCE).resolve().getConfig("espalier");
            Config live = section.withFallback(root.getConfig("live")).resolve();
            LiveKeys.requireKnown(live, "", KEYS);
            return new LiveSettings(
                    directory,
                    sources(live.getConfig("sources"), root.getConfig("live-sources")),
                    window(live.getConfig("dedupe")),
                    deadLetters(live.getConfig("dead-letters")),
                    replay(live.getConfig("replay")),
                    root.getDuration("live-idle"));
        });
    }

    /** Names of the sources that are sent to the daemon. */
    public List<String> httpSources() {
        return sources.entrySet().stream()
                .filter(source -> source.getValue() instanceof HttpSourceSettings)
                .map(Map.Entry::getKey)
                .toList();
    }

    private static SortedMap<String, SourceSettings> sources(Config sources, Config defaults) {
        SortedMap<String, SourceSettings> read = new TreeMap<>();
        for (String name : sources.root().keySet()) {
            if (!NAME.matcher(name).matches()) {
                throw LiveKeys.bad("sources", name, "a name must be of small letters, digits and hyphens, at most 40");
            }
            read.put(name, SourceSections.read(name, sources.getConfig(name), defaults));
        }
        if (read.isEmpty()) {
            throw LiveKeys.bad("sources", "{}", "must name at least one");
        }
        return read;
    }

    private static int window(Config dedupe) {
        LiveKeys.requireKnown(dedupe, "dedupe", Set.of("window"));
        return LiveKeys.atLeast(0, dedupe, "dedupe", "window");
    }

    private static DeadLetterSettings deadLetters(Config section) {
        LiveKeys.requireKnown(section, "dead-letters", Set.of("file-bytes", "excerpt", "window", "max-share"));
        double share = section.getDouble("max-share");
        if (!(share > 0 && share <= 1)) {
            throw LiveKeys.bad("dead-letters.max-share", share, "must be above 0 and at most 1");
        }
        return new DeadLetterSettings(
                section.getBytes("file-bytes"),
                LiveKeys.atLeast(0, section, "dead-letters", "excerpt"),
                LiveKeys.atLeast(1, section, "dead-letters", "window"),
                share);
    }

    private static ReplaySettings replay(Config section) {
        LiveKeys.requireKnown(section, "replay", Set.of("share", "anchors", "past"));
        Config past = section.getConfig("past");
        LiveKeys.requireKnown(past, "replay.past", Set.of("rows", "share"));
        return new ReplaySettings(
                section.getDouble("share"),
                TextFile.find(
                        section.getStringList("anchors").stream().map(Path::of).toList(), List.of()),
                LiveKeys.atLeast(0, past, "replay.past", "rows"),
                past.getDouble("share"));
    }
}
