package io.espalier.streams.live;

import io.espalier.streams.live.GeneratedSettings.Phase;
import io.espalier.streams.source.ReadSettings;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Made-up records from one on: the same number gives the same record, whenever and wherever it is asked for. */
final class GeneratedFeed implements Feed {
    private static final int AT_ONCE = 16;

    private final String name;
    private final GeneratedSettings settings;
    private final List<TextDomain> domains;
    private final InstantSource clock;
    private long next;

    GeneratedFeed(String name, GeneratedSettings settings, ReadSettings reading, long next, InstantSource clock) {
        this.name = name;
        this.settings = settings;
        this.domains = settings.domains().stream()
                .map(domain -> open(domain, settings, reading))
                .toList();
        this.next = next;
        this.clock = clock;
    }

    private static TextDomain open(GeneratedSettings.Domain domain, GeneratedSettings settings, ReadSettings reading) {
        return switch (domain) {
            case GeneratedSettings.Files files -> new FileDomain(files.files(), reading, settings.recordCharacters());
            case GeneratedSettings.Words words ->
                new WordDomain(words.name(), words.words(), settings.recordWords(), settings.seed());
        };
    }

    @Override
    public List<Arrival> poll() {
        List<Arrival> records = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            records.add(record(next++));
        }
        return records;
    }

    private Arrival record(long number) {
        String text = text(number);
        boolean poisoned = number >= settings.poisonFrom() && number < settings.poisonTo();
        return new Arrival.Item(
                name,
                0,
                number,
                number + 1,
                null,
                clock.instant(),
                name + ":" + number,
                Arrival.Form.TEXT,
                (poisoned ? shuffled(text, number) : text).getBytes(StandardCharsets.UTF_8),
                null);
    }

    /** The record of the domain whose turn it is, numbered among that domain's own. */
    private String text(long number) {
        long cycle = settings.schedule().stream()
                .mapToLong(Phase::records)
                .reduce(0, (a, b) -> b == Long.MAX_VALUE ? b : a + b);
        long left = number % cycle;
        int phase = 0;
        while (left >= settings.schedule().get(phase).records()) {
            left -= settings.schedule().get(phase).records();
            phase++;
        }
        int domain = settings.schedule().get(phase).domain();
        long earlier = settings.schedule().subList(0, phase).stream()
                .filter(p -> p.domain() == domain)
                .mapToLong(Phase::records)
                .sum();
        long ofCycles = number / cycle == 0 ? 0 : number / cycle * recordsOf(domain);
        return domains.get(domain).record(ofCycles + earlier + left);
    }

    private long recordsOf(int domain) {
        return settings.schedule().stream()
                .filter(phase -> phase.domain() == domain)
                .mapToLong(Phase::records)
                .sum();
    }

    private String shuffled(String text, long number) {
        List<String> words = Arrays.asList(text.split("\\s+"));
        Collections.shuffle(words, new Random(settings.seed() * 31 + number));
        return String.join(" ", words);
    }

    @Override
    public void close() {
        domains.forEach(TextDomain::close);
    }
}
