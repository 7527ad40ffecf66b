package io.espalier.actors.quickstart;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.gpu.Refused;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A small written world with structure to learn: tales whose names and things come back, ledgers whose sums are right,
 * recipes whose steps use what they listed, in order. The same seed writes the same text; held-out documents come from
 * the same grammar with other draws.
 */
final class Corpus {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int HELD_OUT_SHARE = 20;

    /** A domain's two files. */
    record Split(String domain, Path training, Path heldOut) {}

    /** A domain and the writer of its documents. */
    private record Domain(String name, Writer writer) {}

    private interface Writer {
        String write(RandomGenerator random);
    }

    private static final List<Domain> DOMAINS = List.of(
            new Domain("tales", Corpus::tale),
            new Domain("ledgers", Corpus::ledger),
            new Domain("recipes", Corpus::recipe));

    private static final List<String> NAMES = List.of(
            "Mira", "Tomas", "Edda", "Jonas", "Sela", "Oren", "Petra", "Luca", "Anneke", "Bram", "Ines", "Karel",
            "Nuria", "Osk", "Rufus", "Tilda", "Ulla", "Viktor", "Wanda", "Yara");
    private static final List<String> TRADES = List.of(
            "baker", "weaver", "gardener", "smith", "miller", "painter", "sailor", "potter", "beekeeper", "carpenter");
    private static final List<String> TOWNS =
            List.of("Oakford", "Larkhill", "Brindle", "Saltmere", "Fennick", "Harrowgate", "Millbrook", "Thornby");
    private static final List<String> MATERIALS =
            List.of("copper", "wooden", "silver", "clay", "woollen", "glass", "iron", "paper");
    private static final List<String> THINGS =
            List.of("lamp", "basket", "key", "kite", "bell", "cup", "ladder", "map", "whistle", "box");
    private static final List<String> TIMES =
            List.of("at dawn", "at noon", "at dusk", "before the rain", "after the market", "in early spring");
    private static final List<String> GOODS =
            List.of("apples", "pears", "plums", "nails", "candles", "ropes", "jars", "bricks", "eggs", "onions");
    private static final List<String> FOODS = List.of(
            "flour", "butter", "leeks", "carrots", "honey", "rye", "milk", "beans", "thyme", "barley", "apples",
            "walnuts");
    private static final List<String> DISHES = List.of("soup", "pie", "stew", "cake", "porridge", "bread");
    private static final List<String> VERBS = List.of("wash", "chop", "warm", "stir in", "fold in", "grind");

    private Corpus() {}

    /** Writes every domain's training and held-out documents below the directory. */
    static List<Split> write(Path directory, int documents, long seed) {
        List<Split> splits = new ArrayList<>();
        for (int d = 0; d < DOMAINS.size(); d++) {
            Domain domain = DOMAINS.get(d);
            Path training = directory.resolve(domain.name + ".jsonl");
            Path heldOut = directory.resolve(domain.name + "-heldout.jsonl");
            write(training, domain, documents, seed * 1000 + d);
            write(heldOut, domain, documents / HELD_OUT_SHARE, seed * 1000 + 500 + d);
            splits.add(new Split(domain.name, training, heldOut));
        }
        return splits;
    }

    private static void write(Path file, Domain domain, int documents, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (int i = 0; i < documents; i++) {
                writer.write(JSON.createObjectNode()
                        .put("text", domain.writer.write(random))
                        .put("domain", domain.name)
                        .toString());
                writer.newLine();
            }
        } catch (IOException e) {
            throw new Refused(Refused.Reason.TRY_AGAIN, file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Two people and a thing that changes hands: who has it, and what it is, can be told from what came before. */
    private static String tale(RandomGenerator random) {
        String giver = pick(random, NAMES);
        String taker = other(random, NAMES, giver);
        String thing = pick(random, MATERIALS) + " " + pick(random, THINGS);
        String town = pick(random, TOWNS);
        StringBuilder text = new StringBuilder();
        text.append(giver)
                .append(" the ")
                .append(pick(random, TRADES))
                .append(" lived in ")
                .append(town)
                .append(". ");
        text.append("One day ").append(giver).append(" found a ").append(thing).append(". ");
        int turns = 2 + random.nextInt(4);
        for (int i = 0; i < turns; i++) {
            text.append(capital(pick(random, TIMES)))
                    .append(' ')
                    .append(giver)
                    .append(" gave the ")
                    .append(thing);
            text.append(" to ")
                    .append(taker)
                    .append(", and ")
                    .append(taker)
                    .append(" thanked ")
                    .append(giver);
            text.append(" for the ").append(thing).append(". ");
            String next = other(random, NAMES, taker);
            giver = taker;
            taker = next;
        }
        return text.append("Now ")
                .append(giver)
                .append(" keeps the ")
                .append(thing)
                .append(" in ")
                .append(town)
                .append('.')
                .toString();
    }

    /** Lines of goods with exact products, and a running total. */
    private static String ledger(RandomGenerator random) {
        StringBuilder text =
                new StringBuilder("Ledger of " + pick(random, NAMES) + " of " + pick(random, TOWNS) + ".\n");
        int total = 0;
        int lines = 2 + random.nextInt(4);
        for (int i = 0; i < lines; i++) {
            int count = 2 + random.nextInt(8);
            int price = 1 + random.nextInt(9);
            total += count * price;
            text.append(count)
                    .append(' ')
                    .append(pick(random, GOODS))
                    .append(" at ")
                    .append(price)
                    .append(" is ")
                    .append(count * price)
                    .append(", total ")
                    .append(total)
                    .append(".\n");
        }
        return text.append("Paid ").append(total).append(" coins.").toString();
    }

    /** Ingredients are listed and then used in the order of the list. */
    private static String recipe(RandomGenerator random) {
        List<String> foods = new ArrayList<>();
        int count = 3 + random.nextInt(3);
        while (foods.size() < count) {
            String food = pick(random, FOODS);
            if (!foods.contains(food)) {
                foods.add(food);
            }
        }
        String dish = foods.getFirst() + " " + pick(random, DISHES);
        StringBuilder text = new StringBuilder(capital(dish) + ". Take " + String.join(", ", foods) + ".\n");
        for (int i = 0; i < foods.size(); i++) {
            text.append("Step ")
                    .append(i + 1)
                    .append(": ")
                    .append(pick(random, VERBS))
                    .append(" the ")
                    .append(foods.get(i))
                    .append(".\n");
        }
        int minutes = 10 * (1 + random.nextInt(6));
        return text.append("Cook the ")
                .append(dish)
                .append(" for ")
                .append(minutes)
                .append(" minutes and serve it warm.")
                .toString();
    }

    private static String pick(RandomGenerator random, List<String> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static String other(RandomGenerator random, List<String> from, String not) {
        String picked = pick(random, from);
        while (picked.equals(not)) {
            picked = pick(random, from);
        }
        return picked;
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
