package io.espalier.gpu.prune;

import ai.djl.ndarray.NDArray;
import io.espalier.gpu.DeviceFailure;
import io.espalier.gpu.Refused;
import io.espalier.gpu.checkpoint.TensorType;
import io.espalier.gpu.model.Taps;
import io.espalier.gpu.torch.Scope;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.PartName;
import io.espalier.gpu.train.ReceivedSignal;
import io.espalier.gpu.train.SignalPart;
import io.espalier.gpu.train.StageInput;
import io.espalier.gpu.train.StageLayers;
import io.espalier.gpu.train.TeacherSignal;
import io.espalier.gpu.train.TeacherStage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleConsumer;

/**
 * A stage that adds up the activations of its own layers and passes the residual stream on, with the batch's loss mask
 * where there is one; the last answers with what it has counted. When asked to {@link StageInput.Collect}, it adds its
 * sums to those of earlier stages.
 *
 * <p>Batches are counted from 0, in order, each once: one that comes again passes through uncounted, and one that comes too
 * early is refused, as is every one after the first once the stage has been started anew and has lost its sums. So a
 * calibration that begins again from batch 0 brings all stages to the same sums, whichever of them have been started anew.
 */
public final class CalibrationStage implements TeacherStage {
    private final StageLayers layers;
    private final LayerSums sums;
    /** Number of the next batch to count. */
    private long next;

    private CalibrationStage(StageLayers layers) {
        this.layers = layers;
        this.sums = new LayerSums(layers.torch(), layers.config(), layers.from(), layers.to(), false);
    }

    /**
     * Loads one stage of a stored model; closes {@code torch} with itself. If loading fails, {@code torch} stays open.
     *
     * @param stage from 0
     * @param progress told the share that is loaded, in [0, 1)
     */
    public static CalibrationStage open(Torch torch, Path model, int stage, int stages, DoubleConsumer progress) {
        return new CalibrationStage(StageLayers.open(torch, model, stage, stages, progress));
    }

    /** Refuses what stages cannot score: to compare layers of several stages, or to run the model without one. */
    public static void check(DepthCriterion depth) {
        String rule = switch (depth) {
            case BLOCK_INFLUENCE -> null;
            case CONTIGUOUS -> "it compares layers of several stages";
            case LEAVE_ONE_OUT -> "it runs the model once without each layer";
        };
        if (rule != null) {
            String option = depth.name().toLowerCase(Locale.ROOT).replace('_', '-');
            throw Refused.usage("depth", option, "must be block-influence where the model is in stages: " + rule);
        }
    }

    @Override
    public TeacherSignal forward(StageInput input) {
        return switch (input) {
            case StageInput.Ids ids -> pass(ids, ids.batch().lossMask());
            case StageInput.Residual residual -> pass(residual, null);
            case StageInput.Collect collect -> collected(collect.soFar());
        };
    }

    private TeacherSignal pass(StageInput input, boolean[] idsMask) {
        Scope signal = layers.torch().inference();
        try (Scope scope = signal.child()) {
            StageLayers.Entered entered = layers.enter(scope, input);
            int rows = (int) entered.stream().getShape().get(0);
            int positions = (int) entered.stream().getShape().get(1);
            boolean[] mask = idsMask == null ? mask(entered, rows, positions) : idsMask;
            NDArray after =
                    isNext(entered.sequence()) ? counted(scope, entered, mask) : layers.run(scope, entered, Taps.NONE);
            List<SignalPart> parts = new ArrayList<>();
            if (layers.last()) {
                parts.add(CollectedSums.counts(sums));
            } else {
                parts.addAll(layers.residual(signal, scope.keep(after), entered.documents()));
                parts.addAll(idsMask == null ? entered.rest() : List.of(part(mask, rows, positions)));
            }
            return layers.answer(entered.sequence(), signal, parts);
        } catch (RuntimeException e) {
            signal.close();
            throw e;
        }
    }

    /** Half counted, a batch leaves sums that are worth nothing: whatever it fails with, the stage must be started anew. */
    private NDArray counted(Scope scope, StageLayers.Entered entered, boolean[] mask) {
        int rows = (int) entered.stream().getShape().get(0);
        int positions = (int) entered.stream().getShape().get(1);
        try {
            NDArray after = layers.run(scope, entered, sums.pass(scope, rows, positions, mask));
            next++;
            return after;
        } catch (DeviceFailure e) {
            throw e;
        } catch (RuntimeException e) {
            throw new DeviceFailure("batch " + next + " failed half counted: " + e.getMessage(), e);
        }
    }

    /** Whether a batch is to be counted; false for one that has been. */
    private boolean isNext(long sequence) {
        if (sequence > next) {
            throw new Refused(
                    Refused.Reason.TRY_AGAIN,
                    "batch " + sequence + ": must be " + next + ", the next that this calibration has not counted"
                            + (next == 0 ? ": it has been started anew, and so must the text be" : ""));
        }
        return sequence == next;
    }

    private static boolean[] mask(StageLayers.Entered entered, int rows, int positions) {
        if (entered.rest().isEmpty()) {
            return null;
        }
        String where = "batch " + entered.sequence();
        if (entered.rest().size() > 1) {
            throw Refused.invalid(where, "parts", entered.rest().size() + 1, "must be a stream and a mask");
        }
        SignalPart part = entered.rest().getFirst();
        part.require(where, PartName.Extra.LOSS_MASK, TensorType.BOOL, rows, positions);
        boolean[] mask = new boolean[rows * positions];
        int i = 0;
        for (MemorySegment piece : part.bytes()) {
            for (long at = 0; at < piece.byteSize(); at++) {
                mask[i++] = piece.get(ValueLayout.JAVA_BYTE, at) != 0;
            }
        }
        return mask;
    }

    private static SignalPart part(boolean[] mask, int rows, int positions) {
        MemorySegment memory = Arena.ofAuto().allocate(mask.length);
        for (int i = 0; i < mask.length; i++) {
            memory.set(ValueLayout.JAVA_BYTE, i, (byte) (mask[i] ? 1 : 0));
        }
        return new SignalPart(PartName.Extra.LOSS_MASK, TensorType.BOOL, new long[] {rows, positions}, List.of(memory));
    }

    private TeacherSignal collected(List<SignalPart> soFar) {
        List<SignalPart> parts = new ArrayList<>(soFar);
        parts.addAll(CollectedSums.of(sums, layers.config(), layers.from(), layers.to()));
        return new ReceivedSignal(next, parts, () -> {});
    }

    @Override
    public void close() {
        // Open answers need the device, and no sums.
        sums.close();
        layers.close();
    }
}
