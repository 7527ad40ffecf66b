package io.espalier.actors.protocol;

import com.google.protobuf.ProtocolMessageEnum;
import io.espalier.actors.rank.RankStatus;
import io.espalier.proto.control.Wire;
import io.espalier.streams.transport.Endpoint;
import java.nio.file.Path;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/** The parts that messages of both protocols share. */
final class WireValues {
    private final ActorRefResolver resolver;

    WireValues(ActorRefResolver resolver) {
        this.resolver = resolver;
    }

    String ref(ActorRef<?> ref) {
        return resolver.toSerializationFormat(ref);
    }

    <T> ActorRef<T> ref(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("an actor reference is absent");
        }
        return resolver.resolveActorRef(text);
    }

    static Wire.JobSpec spec(JobSpec job) {
        return Wire.JobSpec.newBuilder()
                .setId(job.id())
                .setJob(job.job())
                .setDirectory(job.directory().toString())
                .setTeachers(job.teachers())
                .setStages(job.stages())
                .setOrigin(job.origin())
                .build();
    }

    static JobSpec spec(Wire.JobSpec job) {
        return new JobSpec(
                job.getId(),
                job.getJob(),
                Path.of(job.getDirectory()),
                job.getTeachers(),
                job.getStages(),
                job.getOrigin());
    }

    static Wire.Endpoint endpoint(Endpoint endpoint) {
        return Wire.Endpoint.newBuilder()
                .setChannel(endpoint.channel())
                .setStreamId(endpoint.streamId())
                .build();
    }

    static Endpoint endpoint(Wire.Endpoint endpoint) {
        return new Endpoint(endpoint.getChannel(), endpoint.getStreamId());
    }

    static Wire.RankStatus status(RankStatus status) {
        return Wire.RankStatus.newBuilder()
                .setName(status.name())
                .setState(
                        switch (status.state()) {
                            case IDLE -> Wire.RankState.IDLE;
                            case LOADING -> Wire.RankState.LOADING;
                            case READY -> Wire.RankState.READY;
                            case WORKING -> Wire.RankState.WORKING;
                            case FAILED -> Wire.RankState.RANK_FAILED;
                            case STOPPED -> Wire.RankState.RANK_STOPPED;
                        })
                .setAnswered(status.answered())
                .setRestarts(status.restarts())
                .setProgress(status.progress())
                .setDevice(status.device())
                .setCause(status.cause())
                .setFailedAtMillis(status.failedAtMillis())
                .build();
    }

    static RankStatus status(Wire.RankStatus status) {
        RankStatus.State state = switch (status.getState()) {
            case IDLE -> RankStatus.State.IDLE;
            case LOADING -> RankStatus.State.LOADING;
            case READY -> RankStatus.State.READY;
            case WORKING -> RankStatus.State.WORKING;
            case RANK_FAILED -> RankStatus.State.FAILED;
            case RANK_STOPPED -> RankStatus.State.STOPPED;
            case RANK_STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(status.getState());
        };
        return new RankStatus(
                status.getName(),
                state,
                status.getAnswered(),
                status.getRestarts(),
                status.getProgress(),
                status.getDevice(),
                status.getCause(),
                status.getFailedAtMillis());
    }

    static Wire.JobProgress progress(JobProgress progress) {
        return Wire.JobProgress.newBuilder()
                .setStep(progress.step())
                .setSteps(progress.steps())
                .setLoss(progress.loss())
                .setTokensPerSecond(progress.tokensPerSecond())
                .setBatchesAnswered(progress.batchesAnswered())
                .setBatchesAskedAgain(progress.batchesAskedAgain())
                .build();
    }

    static JobProgress progress(Wire.JobProgress progress) {
        return new JobProgress(
                progress.getStep(),
                progress.getSteps(),
                progress.getLoss(),
                progress.getTokensPerSecond(),
                progress.getBatchesAnswered(),
                progress.getBatchesAskedAgain());
    }

    /** A value of a newer writer, or none. */
    static IllegalArgumentException unknown(ProtocolMessageEnum value) {
        return new IllegalArgumentException("a value of " + value.getClass().getSimpleName() + " is unknown here");
    }
}
