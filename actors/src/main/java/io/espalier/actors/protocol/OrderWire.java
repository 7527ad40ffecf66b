package io.espalier.actors.protocol;

import io.espalier.proto.control.Wire;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** Orders on the wire. */
final class OrderWire {
    private OrderWire() {}

    static Wire.Order order(String job, JobOrder order) {
        Wire.Order.Builder wire = Wire.Order.newBuilder().setJob(job).setOperation(order.operation());
        return switch (order) {
            case JobOrder.Checkpoint _ ->
                wire.setCheckpoint(Wire.CheckpointNow.getDefaultInstance()).build();
            case JobOrder.Rollback rollback ->
                wire.setRollback(Wire.Rollback.newBuilder().setVersion(rollback.version()))
                        .build();
            case JobOrder.Tune tune -> wire.setTune(tune(tune)).build();
            case JobOrder.SwapTeacher swap ->
                wire.setSwapTeacher(Wire.SwapTeacher.newBuilder()
                                .setTeacher(swap.teacher().toString())
                                .setDigest(swap.digest()))
                        .build();
        };
    }

    private static Wire.Tune.Builder tune(JobOrder.Tune tune) {
        Wire.Tune.Builder wire = Wire.Tune.newBuilder();
        tune.learningRate().ifPresent(wire::setLearningRate);
        tune.replayShare().ifPresent(wire::setReplayShare);
        return wire;
    }

    static JobOrder order(Wire.Order order) {
        String operation = order.getOperation();
        return switch (order.getOrderCase()) {
            case CHECKPOINT -> new JobOrder.Checkpoint(operation);
            case ROLLBACK ->
                new JobOrder.Rollback(operation, order.getRollback().getVersion());
            case TUNE -> tune(operation, order.getTune());
            case SWAP_TEACHER ->
                new JobOrder.SwapTeacher(
                        operation,
                        Path.of(order.getSwapTeacher().getTeacher()),
                        order.getSwapTeacher().getDigest());
            case ORDER_NOT_SET -> throw new IllegalArgumentException("an order is absent or unknown here");
        };
    }

    private static JobOrder.Tune tune(String operation, Wire.Tune tune) {
        return new JobOrder.Tune(
                operation,
                tune.hasLearningRate() ? OptionalDouble.of(tune.getLearningRate()) : OptionalDouble.empty(),
                tune.hasReplayShare() ? OptionalDouble.of(tune.getReplayShare()) : OptionalDouble.empty());
    }
}
