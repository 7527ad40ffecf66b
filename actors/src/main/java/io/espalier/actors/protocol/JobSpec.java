package io.espalier.actors.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.proto.job.Jobs;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A job as the processes that run a part of it must know it. Every host that works for the job sees its paths under the
 * same names. Its description may hold passwords of sources of text: it is stored and sent, and never printed.
 *
 * @param id unique in the journal; {@code [A-Za-z0-9_-]{1,64}}
 * @param job what is computed; of no kind where another version has described it, in a way that is unknown here
 * @param directory that relative paths begin at
 * @param teachers how many teachers answer, each whole or in stages
 * @param stages ranks that share the layers of one teacher
 * @param origin random, tells this submission from every other, those of other clusters included; empty where none was made
 */
public record JobSpec(String id, Jobs.Job job, Path directory, int teachers, int stages, String origin) {
    /** The pattern of an id. */
    public static final String ID = "[A-Za-z0-9_-]{1,64}";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    public JobSpec {
        if (!id.matches(ID)) {
            throw new IllegalArgumentException("job id " + id + ": must match " + ID);
        }
        if (teachers < 0 || stages < 1) {
            throw new IllegalArgumentException("job " + id + ": " + teachers + " teachers of " + stages + " stages");
        }
    }

    /** A job that no other cluster can have, or one that was submitted before there were origins. */
    public JobSpec(String id, Jobs.Job job, Path directory, int teachers, int stages) {
        this(id, job, directory, teachers, stages, "");
    }

    public JobSpec from(String submission) {
        return new JobSpec(id, job, directory, teachers, stages, submission);
    }

    /** Whether another job is described in the same way, whoever has submitted it and when. */
    public boolean same(JobSpec other) {
        return from(other.origin).equals(other);
    }

    /** The kind of the job, as the one who submits it names it; {@code unknown} where it is of another version. */
    public String kind() {
        return switch (job.getKindCase()) {
            case DISTILL -> "distill";
            case CONTINUAL -> "continual";
            case CALIBRATE -> "calibration";
            case KIND_NOT_SET -> "unknown";
        };
    }

    /** Whether the job is of a kind that is known here. */
    public boolean isKnown() {
        return job.getKindCase() != Jobs.Job.KindCase.KIND_NOT_SET;
    }

    /** The directory that the job's run writes to; empty where it names none. */
    public Optional<Path> out() {
        String out = switch (job.getKindCase()) {
            case DISTILL -> job.getDistill().getOutput().getOut();
            case CONTINUAL -> job.getContinual().getOutput().getOut();
            case CALIBRATE, KIND_NOT_SET -> "";
        };
        try {
            return out.isEmpty()
                    ? Optional.empty()
                    : Optional.of(directory.resolve(out).normalize());
        } catch (InvalidPathException e) {
            // A path that cannot be is refused by name where the job is run.
            return Optional.empty();
        }
    }

    /** The sources that records are posted to, by name; empty where it has none. */
    public List<String> httpSources() {
        return job.hasContinual() ? httpSources(job.getContinual().getLive().getJson()) : List.of();
    }

    private static List<String> httpSources(String live) {
        try {
            return JSON.readTree(live).path("sources").properties().stream()
                    .filter(source -> source.getValue().path("kind").asText().equals("http"))
                    .map(Map.Entry::getKey)
                    .toList();
        } catch (JsonProcessingException e) {
            return List.of();
        }
    }

    @Override
    public String toString() {
        return "JobSpec[" + id + ": " + kind() + " in " + directory + ", " + teachers + " teachers of " + stages
                + " stages]";
    }
}
