package io.espalier.actors.continual;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gpu.disk.AtomicFile;
import io.espalier.streams.live.LiveStatus;
import io.espalier.streams.live.LiveStatus.SourceStatus;
import io.espalier.streams.probe.StageReading;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code live.json}: how a run on live text stands, replaced at once each second. Belongs to the run's actor. */
final class StatusFile {
    static final String NAME = "live.json";

    private static final Logger LOG = LoggerFactory.getLogger(StatusFile.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    /** It has been said that the file cannot be written. */
    private boolean failing;

    /** The states of a run. */
    enum State {
        RUNNING,
        WAITING,
        PAUSED,
        PARKED
    }

    /**
     * The content of the file.
     *
     * @param live null before the stream has begun
     * @param troubles by the name of the source that has it
     * @param published null for none
     */
    record Status(
            long step,
            State state,
            LiveStatus live,
            Map<String, StreamListener.Trouble> troubles,
            double learningRate,
            String published,
            DriftWatch.Reading teacherLoss,
            DriftWatch.Reading studentKl,
            List<StageReading> stages) {}

    StatusFile(Path run) {
        this.file = run.resolve(NAME);
    }

    /** Writes how the run stands. A second without a status is no reason to end a run, nor to have none from there on. */
    void write(Supplier<Status> status) {
        try {
            AtomicFile.write(file, json(status.get()) + "\n");
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.warn("cannot write {}", file, e);
            }
            failing = true;
        }
    }

    private static ObjectNode json(Status now) {
        ObjectNode json = JSON.createObjectNode();
        json.put("time", Instant.now().toString());
        json.put("step", now.step).put("state", now.state.name().toLowerCase(Locale.ROOT));
        ArrayNode sources = json.putArray("sources");
        if (now.live != null) {
            now.live.sources().forEach(source -> put(sources.addObject(), source, now.troubles.get(source.name())));
            json.put("dead_letters", now.live.deadLetters()).put("replay_share", now.live.replayShare());
        }
        number(json, "learning_rate", now.learningRate);
        json.put("published", now.published);
        ObjectNode drift = json.putObject("drift");
        put(drift.putObject("teacher_loss"), now.teacherLoss);
        put(drift.putObject("student_kl"), now.studentKl);
        ArrayNode stages = json.putArray("stages");
        now.stages.forEach(stage -> stages.addObject()
                .put("name", stage.name())
                .put("busy", stage.busy())
                .put("idle", stage.idle())
                .put("back_pressured", stage.backPressured())
                .put("elements", stage.elements()));
        return json;
    }

    private static void put(ObjectNode json, SourceStatus source, StreamListener.Trouble trouble) {
        json.put("name", source.name()).put("kind", source.kind());
        ArrayNode partitions = json.putArray("partitions");
        source.partitions().forEach(partition -> {
            ObjectNode at = partitions
                    .addObject()
                    .put("partition", partition.partition())
                    .put("next", partition.next());
            if (partition.end().isPresent()) {
                at.put("end", partition.end().getAsLong());
            } else {
                at.putNull("end");
            }
        });
        if (source.lagRecords().isPresent()) {
            json.put("lag_records", source.lagRecords().getAsLong());
        } else {
            json.putNull("lag_records");
        }
        json.put("read", source.read()).put("duplicates", source.duplicates()).put("dead", source.dead());
        json.put("tombstones", source.tombstones());
        json.put(
                "last_record_time",
                source.lastRecordTime().map(Instant::toString).orElse(null));
        if (trouble != null) {
            json.put("trouble", trouble.why()).put("trouble_s", trouble.seconds());
        }
    }

    private static void put(ObjectNode json, DriftWatch.Reading reading) {
        number(json, "mean", reading.mean());
        json.put("alarms", reading.alarms());
    }

    private static void number(ObjectNode json, String name, double value) {
        if (Double.isFinite(value)) {
            json.put(name, value);
        } else {
            json.putNull(name);
        }
    }
}
