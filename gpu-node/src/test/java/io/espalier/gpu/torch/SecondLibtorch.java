package io.espalier.gpu.torch;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.espalier.gpu.TinyModel;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.distill.ChunkedHead;
import io.espalier.gpu.distill.LossMix;
import io.espalier.gpu.distill.Objective;
import io.espalier.gpu.model.RandomWeights;
import io.espalier.gpu.train.Adam;
import io.espalier.gpu.train.Frozen;
import io.espalier.gpu.train.LocalStudent;
import io.espalier.gpu.train.LocalTeacher;
import io.espalier.gpu.train.OptimizerSettings;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.TeacherSignal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** The work that {@link SecondLibtorchTest} has done in processes that load another libtorch. */
final class SecondLibtorch {
    private static final int STEPS = 4;

    private SecondLibtorch() {}

    public static void main(String[] arguments) {
        switch (arguments[0]) {
            case "make" -> System.out.println("= " + BridgeCompiler.make(Path.of(arguments[1])));
            case "train" -> {
                double[] losses = train();
                System.out.println("= " + NativeLibrary.loadedVersion());
                Arrays.stream(losses).forEach(loss -> System.out.println("= " + loss));
            }
            case "tests" -> tests(Arrays.copyOfRange(arguments, 1, arguments.length));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.exit(0);
    }

    /** The losses of a student of a few thousand parameters that learns from a teacher. */
    static double[] train() {
        OptimizerSettings settings =
                new OptimizerSettings(_ -> 1e-2, new Adam(0.9, 0.95, 1e-8, 0.1, 1.0), false, 1, Frozen.NONE);
        TokenBatch batch = TinyModel.batches(new Random(6), 1, 4, 32).getFirst();
        try (LocalTeacher teacher = new LocalTeacher(
                        Torch.open("cpu", Dtype.F32, 1), TinyModel.config(), new RandomWeights(TinyModel.config(), 2));
                LocalStudent student = new LocalStudent(
                        Torch.open("cpu", Dtype.F32, 1),
                        TinyModel.config(),
                        new RandomWeights(TinyModel.config(), 1),
                        settings,
                        Objective.of(LossMix.FORWARD_KL),
                        new ChunkedHead(1 << 12),
                        (_, _, _, _) -> {})) {
            return DoubleStream.generate(() -> {
                        try (TeacherSignal signal = teacher.forward(batch)) {
                            StepReport report = student.step(batch, signal);
                            return report.loss();
                        }
                    })
                    .limit(STEPS)
                    .toArray();
        }
    }

    private static void tests(String[] classes) {
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        DiscoverySelector[] selectors =
                Arrays.stream(classes).map(name -> selectClass(name)).toArray(DiscoverySelector[]::new);
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectors)
                                .build(),
                        summary);
        System.out.println("= " + NativeLibrary.loadedVersion());
        System.out.println("= " + summary.getSummary().getTestsSucceededCount());
        summary.getSummary()
                .getFailures()
                .forEach(failure -> System.out.println(
                        "= " + failure.getTestIdentifier().getDisplayName() + ": " + failure.getException()));
    }
}
