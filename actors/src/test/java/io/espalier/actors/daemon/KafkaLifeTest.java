package io.espalier.actors.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.actors.continual.EventKind;
import io.espalier.actors.continual.EventLog;
import io.espalier.actors.continual.JobLedger;
import io.espalier.actors.quickstart.TinyWorld;
import io.espalier.actors.report.JsonLines;
import io.espalier.gpu.checkpoint.ModelDirectory;
import io.espalier.streams.batch.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records of a topic, some of them sent twice, while the daemon is killed again and again and the broker once: each is part
 * of the final ledger once, and of what the student has learnt from. {@code -Despalier.kafka.records} says how many, {@code
 * -Despalier.daemon.kills} how often; the seed is printed.
 */
@Timeout(1800)
@Tag("full")
class KafkaLifeTest {
    private static final long SEED = Long.getLong("espalier.seed", 11);
    private static final int RECORDS = Integer.getInteger("espalier.kafka.records", 6_000);
    private static final int KILLS = Integer.getInteger("espalier.daemon.kills", 2);
    private static final long MOST_PARAMETERS = 300_000;
    private static final String TOPIC = "records";
    private static final int PARTITIONS = 3;
    private static final int ROWS = 8;
    private static final int SEQ_LENGTH = 128;
    /**
     * The bits of a row's number that are the token: the two highest bits say where a document begins and what is no
     * target.
     */
    private static final int ID = (1 << 30) - 1;

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final List<String> kills = new ArrayList<>();
    private ContinualJob job;
    private BrokerProcess broker;
    private DaemonProcess daemon;
    private long sent;

    private enum Victim {
        DAEMON,
        BROKER
    }

    private String settings() throws IOException {
        return """
            batch = %d
            seq-length = %d
            checkpoint-every = 5
            validate-samples = 4
            # All rows that the student is given stay on disk, none is replayed.
            live.replay { share = 0, past.rows = 1000000 }
            live.sources.text { kind = kafka, bootstrap = "%s", topic = %s, watch-every = 500 ms, longest-rest = 1 s }
            """.formatted(ROWS, SEQ_LENGTH, broker.address(), TOPIC);
    }

    @AfterEach
    void close() {
        if (daemon != null) {
            daemon.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    @Test
    void eachRecordCountsOnceThoughTheDaemonIsKilledAndSoIsTheBroker() throws Exception {
        TinyWorld world = TinyWorld.create(directory.resolve("world"));
        try (ModelDirectory student = ModelDirectory.open(world.student());
                Tokenizer tokenizer = Tokenizer.open(world.student())) {
            assertThat(student.config().parameters()).isLessThanOrEqualTo(MOST_PARAMETERS);
            ShortRecords records = ShortRecords.make(tokenizer, RECORDS, ROWS * SEQ_LENGTH, random);
            assertThat(records.texts()).allMatch(text -> tokenizer.encode(text).length <= ShortRecords.MOST_TOKENS);
            begin(world);
            sendAndKill(records);
            awaitTaken(sent);
            awaitSteps(records.ids() / (ROWS * SEQ_LENGTH));
            JobLedger ledger = stop();
            String told = told(records);
            System.out.println("kafka: " + told);
            requireEachOnce(ledger, records, told);
            assertThat(sorted(learnt(tokenizer))).as(told).isEqualTo(sorted(records.texts()));
        }
    }

    private String told(ShortRecords records) {
        return "seed " + SEED + ", " + records.texts().size() + " records in " + sent + ", " + kills
                + ", begun at steps "
                + events(EventKind.STARTED)
                        .map(event -> event.path("step").asText())
                        .toList();
    }

    private void requireEachOnce(JobLedger ledger, ShortRecords records, String told) throws Exception {
        assertThat(ledger.faults()).as(told).isEmpty();
        SortedMap<Integer, Long> whole = job.committed("text");
        long all = whole.values().stream().mapToLong(Long::longValue).sum();
        long dropped =
                ledger.entries().stream().mapToLong(JobLedger.Entry::duplicates).sum();
        assertThat(all - dropped)
                .as("counted, " + told)
                .isEqualTo(records.texts().size());
        assertThat(whole).as(told).isEqualTo(broker.ends(TOPIC, PARTITIONS));
        assertThat(ledger.entries()).as(told).allMatch(entry -> entry.dead() == 0);
    }

    private static List<String> sorted(List<String> texts) {
        return texts.stream().sorted().toList();
    }

    private void begin(TinyWorld world) throws Exception {
        broker = new BrokerProcess(directory.resolve("kafka"));
        broker.createTopic(TOPIC, PARTITIONS);
        daemon = DaemonProcess.start(directory.resolve("state"));
        job = ContinualJob.write(directory, "kafka", world, settings());
        job.submit(daemon);
    }

    /**
     * Sends as many parts as there are kills, and one more. Each kill comes while the records of its part are taken in.
     */
    private void sendAndKill(ShortRecords records) throws Exception {
        List<Victim> victims = new ArrayList<>(Collections.nCopies(KILLS, Victim.DAEMON));
        victims.add(random.nextInt(KILLS + 1), Victim.BROKER);
        int parts = victims.size() + 1;
        for (int part = 0; part < parts; part++) {
            List<Integer> texts = records.part(part, parts);
            long before = sent;
            send(records, texts);
            if (part < victims.size()) {
                awaitTaken(before + texts.size() / 2 + random.nextInt(texts.size() / 3));
                kill(victims.get(part));
            }
        }
    }

    private void send(ShortRecords records, List<Integer> texts) throws Exception {
        List<BrokerProcess.Sending> sendings = new ArrayList<>();
        for (int text : texts) {
            sendings.add(new BrokerProcess.Sending(
                    (int) (sent++ % PARTITIONS),
                    "key-" + text,
                    "{\"text\":\"" + records.texts().get(text) + "\"}"));
        }
        broker.send(TOPIC, sendings);
    }

    private void kill(Victim victim) throws Exception {
        kills.add(victim + " after record " + job.taken() + " and step " + step());
        switch (victim) {
            case DAEMON -> {
                // A run has nothing to go on from before its first checkpoint.
                daemon.await(
                        "a checkpoint",
                        () -> Files.exists(job.out().resolve(JobLedger.FILE))
                                && !JobLedger.read(job.out()).entries().isEmpty());
                daemon.killAfter(random.nextInt(1000));
                daemon = DaemonProcess.start(daemon.state());
            }
            case BROKER -> {
                long errors = sourceErrors();
                broker.kill();
                daemon.await("the source is told to be away", () -> sourceErrors() > errors);
                broker.start();
            }
        }
    }

    private long sourceErrors() {
        return events(EventKind.SOURCE_ERROR).count();
    }

    private Stream<JsonNode> events(EventKind kind) {
        return JsonLines.read(job.out().resolve(EventLog.FILE)).stream()
                .filter(event -> event.path("kind").asText().equals(kind.label()));
    }

    private long step() {
        return job.status().stream().mapToLong(now -> now.path("step").asLong()).sum();
    }

    private void awaitTaken(long records) throws InterruptedException {
        while (job.taken() < records) {
            long before = job.taken();
            daemon.await("records are taken in after " + before, () -> job.taken() != before);
        }
    }

    private void awaitSteps(long steps) throws InterruptedException {
        while (step() < steps) {
            long before = step();
            daemon.await("the student goes on after step " + before + " of " + steps, () -> step() != before);
        }
    }

    /** Stops the job, which leaves a last checkpoint; gives its ledger, of which the daemon tells the newest entries. */
    private JobLedger stop() throws InterruptedException {
        daemon.awaitJob(job.id(), told -> told.path("state").asText().equals("running"));
        daemon.ask("job", "stop", job.id(), "--now");
        JobLedger ledger = JobLedger.read(job.out());
        daemon.await(
                "the ledger is told",
                () -> daemon.ask("job", "ledger", job.id()).path("total").asInt()
                        == ledger.entries().size());
        List<JsonNode> told = daemon.ask("job", "ledger", job.id())
                .path("ledger")
                .valueStream()
                .toList();
        List<JsonNode> written = JsonLines.read(job.out().resolve(JobLedger.FILE));
        assertThat(told).isNotEmpty().isEqualTo(written.subList(written.size() - told.size(), written.size()));
        return ledger;
    }

    /** All that the student was given up to its last checkpoint, from the rows that the run keeps. */
    private List<String> learnt(Tokenizer tokenizer) throws IOException {
        List<String> texts = new ArrayList<>();
        int[] text = new int[ShortRecords.MOST_TOKENS + 1];
        int length = 0;
        for (int id : ids()) {
            if (id == tokenizer.endOfText()) {
                texts.add(tokenizer.decode(Arrays.copyOf(text, length)));
                length = 0;
            } else {
                text[length++] = id;
            }
        }
        assertThat(length).as("ids of a text without an end").isZero();
        return texts;
    }

    /** Rows share their last id with the first of the next. */
    private int[] ids() throws IOException {
        IntStream.Builder ids = IntStream.builder();
        int at = 0;
        try (Stream<Path> files = Files.list(job.out().resolve("past-" + SEQ_LENGTH))) {
            for (Path file : files.sorted().toList()) {
                IntBuffer rows = ByteBuffer.wrap(Files.readAllBytes(file))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asIntBuffer();
                for (; rows.hasRemaining(); at++) {
                    int id = rows.get() & ID;
                    if (at == 0 || at % (SEQ_LENGTH + 1) != 0) {
                        ids.add(id);
                    }
                }
            }
        }
        return ids.build().toArray();
    }
}
