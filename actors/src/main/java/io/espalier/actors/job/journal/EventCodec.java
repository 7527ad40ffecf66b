package io.espalier.actors.job.journal;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.espalier.actors.job.journal.JobEvent.CheckpointCommitted;
import io.espalier.actors.job.journal.JobEvent.EpochBegan;
import io.espalier.actors.job.journal.JobEvent.JobEnded;
import io.espalier.actors.job.journal.JobEvent.JobSubmitted;
import io.espalier.actors.job.journal.JobEvent.StateChanged;
import io.espalier.actors.job.journal.JobEvent.StudentBegan;
import io.espalier.actors.job.journal.JobEvent.StudentLost;
import io.espalier.actors.job.journal.JobEvent.StudentParked;
import io.espalier.actors.protocol.JobSpec;
import io.espalier.actors.protocol.JobState;
import io.espalier.proto.journal.Stored;
import java.nio.file.Path;

/** Events as rows of the journal hold them: the name of a Protobuf message, and its bytes. */
final class EventCodec {
    private EventCodec() {}

    /** Names an event's message, for ever. */
    static String type(JobEvent event) {
        return switch (event) {
            case JobSubmitted _ -> "job-submitted";
            case EpochBegan _ -> "epoch-began";
            case StudentBegan _ -> "student-began";
            case CheckpointCommitted _ -> "checkpoint-committed";
            case StudentLost _ -> "student-lost";
            case StudentParked _ -> "student-parked";
            case StateChanged _ -> "state-changed";
            case JobEnded _ -> "job-ended";
        };
    }

    static byte[] payload(JobEvent event) {
        MessageLite message = switch (event) {
            case JobSubmitted(JobSpec job) ->
                Stored.JobSubmitted.newBuilder()
                        .setId(job.id())
                        .setJob(job.job())
                        .setDirectory(job.directory().toString())
                        .setTeachers(job.teachers())
                        .setStages(job.stages())
                        .setOrigin(job.origin())
                        .build();
            case EpochBegan began ->
                Stored.EpochBegan.newBuilder()
                        .setEpoch(began.epoch())
                        .setCoordinator(began.coordinator())
                        .setStudent(began.student())
                        .setIncarnation(began.incarnation())
                        .build();
            case StudentBegan began ->
                Stored.StudentBegan.newBuilder()
                        .setEpoch(began.epoch())
                        .setIncarnation(began.incarnation())
                        .setBaseStep(began.baseStep())
                        .build();
            case CheckpointCommitted committed ->
                Stored.CheckpointCommitted.newBuilder()
                        .setEpoch(committed.epoch())
                        .setIncarnation(committed.incarnation())
                        .setStep(committed.step())
                        .setSha256(committed.sha256())
                        .build();
            case StudentLost lost ->
                Stored.StudentLost.newBuilder()
                        .setStudent(lost.student())
                        .setIncarnation(lost.incarnation())
                        .setCause(lost.cause())
                        .setEnded(lost.ended())
                        .setWaits(lost.waits())
                        .build();
            case StudentParked parked ->
                Stored.StudentParked.newBuilder()
                        .setStudent(parked.student())
                        .setIncarnation(parked.incarnation())
                        .setStep(parked.step())
                        .build();
            case StateChanged changed ->
                Stored.StateChanged.newBuilder()
                        .setState(stored(changed.state()))
                        .setCause(changed.cause())
                        .build();
            case JobEnded ended ->
                Stored.JobEnded.newBuilder()
                        .setState(stored(ended.state()))
                        .setCause(ended.cause())
                        .setExitCode(ended.exitCode())
                        .build();
        };
        return message.toByteArray();
    }

    /** Reads a row; fails at a type of a later version, and at bytes that are no message. */
    static JobEvent event(String type, byte[] payload) {
        try {
            return switch (type) {
                case "job-submitted" -> submitted(Stored.JobSubmitted.parseFrom(payload));
                case "epoch-began" -> epochBegan(Stored.EpochBegan.parseFrom(payload));
                case "student-began" -> studentBegan(Stored.StudentBegan.parseFrom(payload));
                case "checkpoint-committed" -> committed(Stored.CheckpointCommitted.parseFrom(payload));
                case "student-lost" -> lost(Stored.StudentLost.parseFrom(payload));
                case "student-parked" -> parked(Stored.StudentParked.parseFrom(payload));
                case "state-changed" -> changed(Stored.StateChanged.parseFrom(payload));
                case "job-ended" -> ended(Stored.JobEnded.parseFrom(payload));
                default -> throw new JournalFailure("an event of type " + type + ": written by a later version", null);
            };
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new JournalFailure("an event of type " + type + " of " + payload.length + " bytes is malformed", e);
        }
    }

    private static JobEvent submitted(Stored.JobSubmitted job) {
        return new JobSubmitted(new JobSpec(
                job.getId(),
                job.getJob(),
                Path.of(job.getDirectory()),
                job.getTeachers(),
                job.getStages(),
                job.getOrigin()));
    }

    private static JobEvent epochBegan(Stored.EpochBegan began) {
        return new EpochBegan(began.getEpoch(), began.getCoordinator(), began.getStudent(), began.getIncarnation());
    }

    private static JobEvent studentBegan(Stored.StudentBegan began) {
        return new StudentBegan(began.getEpoch(), began.getIncarnation(), began.getBaseStep());
    }

    private static JobEvent committed(Stored.CheckpointCommitted committed) {
        return new CheckpointCommitted(
                committed.getEpoch(), committed.getIncarnation(), committed.getStep(), committed.getSha256());
    }

    private static JobEvent lost(Stored.StudentLost lost) {
        return new StudentLost(
                lost.getStudent(), lost.getIncarnation(), lost.getCause(), lost.getEnded(), lost.getWaits());
    }

    private static JobEvent parked(Stored.StudentParked parked) {
        return new StudentParked(parked.getStudent(), parked.getIncarnation(), parked.getStep());
    }

    private static JobEvent changed(Stored.StateChanged changed) {
        return new StateChanged(state(changed.getState()), changed.getCause());
    }

    private static JobEvent ended(Stored.JobEnded ended) {
        return new JobEnded(state(ended.getState()), ended.getCause(), ended.getExitCode());
    }

    private static Stored.JobState stored(JobState state) {
        return switch (state) {
            case STARTING -> Stored.JobState.STARTING;
            case RUNNING -> Stored.JobState.RUNNING;
            case PAUSED -> Stored.JobState.PAUSED;
            case DRAINING -> Stored.JobState.DRAINING;
            case STOPPING -> Stored.JobState.STOPPING;
            case STOPPED -> Stored.JobState.STOPPED;
            case FAILED -> Stored.JobState.FAILED;
        };
    }

    private static JobState state(Stored.JobState state) {
        return switch (state) {
            case STARTING -> JobState.STARTING;
            case RUNNING -> JobState.RUNNING;
            case PAUSED -> JobState.PAUSED;
            case DRAINING -> JobState.DRAINING;
            case STOPPING -> JobState.STOPPING;
            case STOPPED -> JobState.STOPPED;
            case FAILED -> JobState.FAILED;
            case JOB_STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException("the state of a job is unknown here");
        };
    }
}
