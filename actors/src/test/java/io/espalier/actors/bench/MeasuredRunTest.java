package io.espalier.actors.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.actors.job.ComputeSettings;
import io.espalier.gpu.torch.Dtype;
import io.espalier.gpu.torch.Torch;
import io.espalier.gpu.train.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A run is measured when it has made all of its steps, and not when it was stopped; either way its devices are closed. */
@Timeout(60)
class MeasuredRunTest {
    private static final BenchShape SHAPE = new BenchShape(64, 16, 24, 2, 1, 8, 2, 1, 16, 2, 8);
    private static final ComputeSettings COMPUTE = new ComputeSettings("cpu", Dtype.F32, 1, 1 << 20);

    private final DistillBenchmark benchmark = new DistillBenchmark(SHAPE, COMPUTE, COMPUTE.head(), false, 1, 5);
    private final List<StepReport> reports = new ArrayList<>();
    private int openBefore;

    @BeforeEach
    void count() {
        openBefore = Torch.openCount();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Torch.openCount()).isEqualTo(openBefore);
    }

    @Test
    void aRunOfAllItsStepsHasASpeedAndTheLossOfTheLast() {
        try (MeasuredRun run = benchmark.alone()) {
            Speed speed = run.measure(reports::add).orElseThrow();
            assertThat(reports).hasSize(benchmark.allSteps()).hasSizeGreaterThan(6);
            assertThat(speed.kl()).isPositive().isEqualTo(reports.getLast().loss());
            assertThat(speed.tokensPerSecond()).isPositive();
            assertThat(speed.tokensPerSecond() * speed.stepMillis() / 1e3)
                    .isCloseTo((double) SHAPE.tokens(), within(1e-6));
        }
    }

    @Test
    void aRunThatIsStoppedHasNone() {
        try (MeasuredRun run = benchmark.alone()) {
            Optional<Speed> speed = run.measure(report -> {
                reports.add(report);
                run.stop();
            });
            assertThat(speed).isEmpty();
            assertThat(reports).isNotEmpty().hasSizeLessThan(benchmark.allSteps());
        }
    }

    @Test
    void aRunThatIsStoppedBeforeItBeginsMakesNoStep() {
        try (MeasuredRun run = benchmark.alone()) {
            run.stop();
            assertThat(run.measure(reports::add)).isEmpty();
            assertThat(reports).isEmpty();
        }
    }
}
