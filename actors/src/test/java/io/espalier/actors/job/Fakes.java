package io.espalier.actors.job;

import io.espalier.actors.rank.RankFactory;
import io.espalier.actors.rank.Session;
import io.espalier.gpu.batch.TokenBatch;
import io.espalier.gpu.checkpoint.TensorData;
import io.espalier.gpu.eval.Scores;
import io.espalier.gpu.train.SignalPart;
import io.espalier.gpu.train.Snapshot;
import io.espalier.gpu.train.StepReport;
import io.espalier.gpu.train.StepReport.Outcome;
import io.espalier.gpu.train.Student;
import io.espalier.gpu.train.Teacher;
import io.espalier.gpu.train.TeacherSignal;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** Teacher and student that count what is opened, asked and closed; {@code onForward} and {@code onStep} may throw. */
final class Fakes {
    final AtomicInteger openSignals = new AtomicInteger();
    final AtomicInteger openSessions = new AtomicInteger();
    final AtomicInteger openedTeachers = new AtomicInteger();
    final List<Long> learnt = new CopyOnWriteArrayList<>();
    final List<Path> saved = new CopyOnWriteArrayList<>();
    final Set<Thread> studentThreads = ConcurrentHashMap.newKeySet();
    volatile LongConsumer onForward = sequence -> {};
    volatile LongConsumer onStep = sequence -> {};

    RankFactory teachers() {
        return progress -> {
            openSessions.incrementAndGet();
            openedTeachers.incrementAndGet();
            return new Session.OfTeacher(new FakeTeacher());
        };
    }

    RankFactory students() {
        return progress -> {
            openSessions.incrementAndGet();
            studentThreads.add(Thread.currentThread());
            return new Session.OfStudent(new FakeStudent());
        };
    }

    private final class FakeTeacher implements Teacher {
        private boolean closed;

        @Override
        public TeacherSignal forward(TokenBatch batch) {
            onForward.accept(batch.sequence());
            openSignals.incrementAndGet();
            return new TeacherSignal() {
                private boolean open = true;

                @Override
                public long sequence() {
                    return batch.sequence();
                }

                @Override
                public long bytes() {
                    return 1;
                }

                @Override
                public List<SignalPart> parts() {
                    return List.of();
                }

                @Override
                public void close() {
                    if (open) {
                        open = false;
                        openSignals.decrementAndGet();
                    }
                }
            };
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                openSessions.decrementAndGet();
            }
        }
    }

    private final class FakeStudent implements Student {
        private boolean closed;

        @Override
        public StepReport step(TokenBatch batch, TeacherSignal signal) {
            studentThreads.add(Thread.currentThread());
            onStep.accept(batch.sequence());
            if (signal != null && signal.sequence() != batch.sequence()) {
                throw new IllegalStateException("signal " + signal.sequence() + " for batch " + batch.sequence());
            }
            learnt.add(batch.sequence());
            return new StepReport(
                    batch.sequence(),
                    learnt.size(),
                    Outcome.STEPPED,
                    List.of(1.0),
                    1,
                    1,
                    batch.targets(),
                    StepReport.Observed.NONE,
                    List.of());
        }

        @Override
        public List<Scores> score(TokenBatch batch, TeacherSignal signal) {
            throw new UnsupportedOperationException("no test here validates");
        }

        @Override
        public void restore(Function<String, TensorData> weights, Function<String, TensorData> moments) {
            throw new UnsupportedOperationException("no test here restores");
        }

        @Override
        public Snapshot snapshot() {
            throw new UnsupportedOperationException("no test here takes a snapshot");
        }

        @Override
        public void save(Path directory) {
            saved.add(directory);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                openSessions.decrementAndGet();
            }
        }
    }
}
