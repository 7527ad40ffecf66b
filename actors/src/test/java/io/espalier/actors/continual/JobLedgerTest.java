package io.espalier.actors.continual;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.continual.JobLedger.Entry;
import io.espalier.actors.continual.JobLedger.Range;
import io.espalier.proto.state.ContinualState;
import io.espalier.proto.state.EndedLog;
import io.espalier.proto.state.LivePartition;
import io.espalier.proto.state.LivePosition;
import io.espalier.proto.state.LiveSource;
import io.espalier.proto.state.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger says of each record which checkpoint it went into, whatever became of the process that wrote it. */
class JobLedgerTest {
    @TempDir
    Path run;

    private static TrainingState state(long step, long next, long dead) {
        LiveSource source = LiveSource.newBuilder()
                .setName("chat")
                .addPartitions(
                        LivePartition.newBuilder().setPartition(2).setFirst(7).setNext(next))
                .setDead(dead)
                .build();
        return TrainingState.newBuilder()
                .setStep(step)
                .setLive(LivePosition.newBuilder().addSources(source))
                .build();
    }

    private static Entry entry(long step, long from, long to, OptionalLong restored) {
        return new Entry(step, "x", List.of(new Range("chat", 2, from, to)), 0, 0, restored);
    }

    private void write(TrainingState... states) {
        try (LedgerFile file = LedgerFile.open(run, TrainingState.getDefaultInstance(), "")) {
            for (TrainingState state : states) {
                file.committed(state, "sha-" + state.getStep());
            }
        }
    }

    @Test
    void aPartitionWhoseLogIsAnotherHasRangesOfEach() {
        LivePartition.Builder partition = LivePartition.newBuilder()
                .setPartition(2)
                .setFirst(0)
                .setNext(60)
                .addEnded(EndedLog.newBuilder().setFirst(7).setNext(70));
        LiveSource source =
                LiveSource.newBuilder().setName("chat").addPartitions(partition).build();
        TrainingState anew = TrainingState.newBuilder()
                .setStep(20)
                .setLive(LivePosition.newBuilder().addSources(source))
                .build();
        write(state(10, 50, 1), anew);
        JobLedger ledger = JobLedger.read(run);
        assertThat(ledger.faults()).isEmpty();
        assertThat(ledger.entries().getLast().ranges())
                .containsExactly(new Range("chat", 2, 50, 70), new Range("chat", 2, 1, 0, 60));
        assertThat(ledger.lineage(20)).containsExactly(new Range("chat", 2, 7, 70), new Range("chat", 2, 1, 0, 60));
    }

    @Test
    void rangesOfCheckpointsFollowEachOther() {
        write(state(10, 50, 1), state(20, 120, 1), state(30, 120, 1));
        JobLedger ledger = JobLedger.read(run);
        assertThat(ledger.faults()).isEmpty();
        assertThat(ledger.entries())
                .extracting(Entry::ranges)
                .containsExactly(
                        List.of(new Range("chat", 2, 7, 50)), List.of(new Range("chat", 2, 50, 120)), List.of());
        assertThat(ledger.entries()).extracting(Entry::dead).containsExactly(1L, 0L, 0L);
    }

    @Test
    void whatCameAfterTheCheckpointThatIsGoneBackToIsDroppedAndWhatIsMissingMadeUpFor() throws IOException {
        write(state(10, 50, 0), state(20, 120, 0), state(30, 200, 0));
        Files.writeString(
                run.resolve(JobLedger.FILE), Files.readString(run.resolve(JobLedger.FILE)) + "{\"step\":40,\"sha2");
        LedgerFile.open(run, state(20, 120, 0), "sha-20").close();
        assertThat(JobLedger.read(run).entries()).extracting(Entry::step).containsExactly(10L, 20L);
        LedgerFile.open(run, state(50, 300, 4), "sha-50").close();
        JobLedger ledger = JobLedger.read(run);
        assertThat(ledger.faults()).isEmpty();
        assertThat(ledger.entries().getLast())
                .isEqualTo(
                        new Entry(50, "sha-50", List.of(new Range("chat", 2, 120, 300)), 4, 0, OptionalLong.empty()));
    }

    @Test
    void gapsOverlapsAndStepsThatDoNotRiseAreFaults() {
        OptionalLong none = OptionalLong.empty();
        assertThat(new JobLedger(List.of(entry(1, 0, 5, none), entry(2, 6, 9, none))).faults())
                .hasSize(1);
        assertThat(new JobLedger(List.of(entry(1, 0, 5, none), entry(2, 4, 9, none))).faults())
                .hasSize(1);
        assertThat(new JobLedger(List.of(entry(2, 0, 5, none), entry(2, 5, 9, none))).faults())
                .hasSize(1);
        assertThat(new JobLedger(List.of(entry(1, 0, 0, none))).faults()).hasSize(1);
    }

    @Test
    void lineageLeavesOutWhatARollbackHasUndone() {
        OptionalLong none = OptionalLong.empty();
        JobLedger ledger = new JobLedger(List.of(
                entry(10, 0, 100, none),
                entry(20, 100, 200, none),
                entry(30, 200, 300, OptionalLong.of(10)),
                entry(40, 300, 400, none)));
        assertThat(ledger.lineage(20)).containsExactly(new Range("chat", 2, 0, 200));
        assertThat(ledger.lineage(40)).containsExactly(new Range("chat", 2, 0, 100), new Range("chat", 2, 300, 400));
        assertThat(ledger.lineage(30)).containsExactly(new Range("chat", 2, 0, 100));
    }

    @Test
    void aLedgerThatIsCondensedSaysTheSameOfEachRecord() {
        OptionalLong none = OptionalLong.empty();
        List<Entry> entries = new ArrayList<>();
        for (int i = 1; i <= 12; i++) {
            OptionalLong restored = i == 6 ? OptionalLong.of(3) : none;
            entries.add(entry(i, (i - 1) * 10L, i * 10L, restored));
        }
        JobLedger ledger = new JobLedger(entries);
        JobLedger condensed = ledger.condensed(3, Set.of(8L));
        assertThat(condensed.entries()).extracting(Entry::step).containsExactly(3L, 5L, 6L, 8L, 9L, 10L, 11L, 12L);
        assertThat(condensed.faults()).isEmpty();
        for (long step : new long[] {3, 8, 10, 11, 12}) {
            assertThat(condensed.lineage(step)).as("step " + step).isEqualTo(ledger.lineage(step));
        }
    }

    @Test
    void aRollbackIsReadFromTheCheckpointItself() {
        TrainingState back = state(20, 90, 0).toBuilder()
                .setContinual(ContinualState.newBuilder().setRestoredStep(0))
                .build();
        write(state(10, 50, 0), back);
        assertThat(JobLedger.read(run).entries().getLast().restored()).hasValue(0);
        assertThat(JobLedger.read(run).lineage(20)).isEmpty();
    }
}
