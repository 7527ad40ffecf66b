package io.espalier.actors.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.actors.TestJvm;
import io.espalier.actors.cli.Main;
import io.espalier.actors.quickstart.TinyWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A distill command with its ranks as a user would start it, whose processes can be killed, stopped and looked at. */
final class SupervisedRun implements AutoCloseable {
    static final int SIGKILLED = 137;
    private static final long PATIENCE_SECONDS = 240;
    /** The steps of a tiny model that a machine which does other things besides takes each second at the least. */
    private static final int STEPS_PER_SECOND = 20;
    /** Between two looks at a run, which needs the processors more. */
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final Pattern ASKED_AGAIN = Pattern.compile("batches asked again\\s+(\\d+)");

    private final RunOutput output;
    private final Path log;
    private final Process process;
    private final int planned;

    /** @param planned steps of the whole run */
    private SupervisedRun(Path out, Path log, Process process, int planned) {
        this.output = new RunOutput(out);
        this.log = log;
        this.process = process;
        this.planned = planned;
    }

    /**
     * The computation of a run: the same for all whose weights are compared.
     *
     * @param batch rows of a micro-batch, of which a step takes two
     * @param length tokens of a row
     */
    record Task(TinyWorld world, int steps, int checkpointEvery, int batch, int length) {
        private static final int BATCH = 2;
        private static final int LENGTH = 32;

        Task(TinyWorld world, int steps, int checkpointEvery) {
            this(world, steps, checkpointEvery, BATCH, LENGTH);
        }

        /** The command and its options. */
        List<String> arguments(Path out) {
            List<String> arguments = new ArrayList<>(List.of("distill"));
            arguments.addAll(List.of("--teacher", world.teacher().toString()));
            arguments.addAll(List.of("--student", world.student().toString()));
            arguments.add("--data");
            world.text().forEach(file -> arguments.add(file.toString()));
            arguments.addAll(List.of("--steps", "" + steps, "--checkpoint-every", "" + checkpointEvery));
            arguments.addAll(List.of("--batch", "" + batch, "--global-batch", "" + 2 * batch));
            arguments.addAll(List.of("--seq-length", "" + length));
            arguments.addAll(List.of("--shuffle-window", "40", "--threads", "1", "--dtype", "f32", "--log-every", "1"));
            arguments.addAll(List.of("--resume", "--out", out.toString()));
            return arguments;
        }

        /** Writes the command as a recipe of a cluster's job. */
        Path recipe(Path file, Path out, int teachers) throws IOException {
            StringBuilder recipe = new StringBuilder("teacher-ranks = " + teachers);
            String option = "";
            for (String argument : arguments(out).subList(1, arguments(out).size())) {
                if (argument.equals("--resume")) {
                    recipe.append("\nresume = true");
                } else if (argument.startsWith("--")) {
                    option = argument.substring(2);
                } else {
                    String sign = option.equals("data") ? " += " : " = ";
                    recipe.append('\n').append(option).append(sign).append("\"" + argument + "\"");
                }
            }
            return Files.writeString(file, recipe);
        }

        SupervisedRun start(Path out, List<String> more, Map<String, String> properties) {
            String[] flags = properties.entrySet().stream()
                    .map(property -> "-D" + property.getKey() + "=" + property.getValue())
                    .toArray(String[]::new);
            List<String> command = TestJvm.command(Main.class.getName(), flags);
            command.addAll(arguments(out));
            command.addAll(more);
            Path log = out.resolveSibling(out.getFileName() + ".log");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
                return new SupervisedRun(out, log, process, steps);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The run that nothing happens to, in one process. */
        SupervisedRun undisturbed(Path out) {
            SupervisedRun run = start(out, List.of(), Map.of());
            run.requireEnd(0);
            return run;
        }
    }

    /** The process of a rank, once there is one that is not {@code except}. */
    ProcessHandle rank(String name, long except) {
        until("a process of " + name, () -> find(name, except).isPresent());
        return find(name, except).orElseThrow();
    }

    ProcessHandle rank(String name) {
        return rank(name, 0);
    }

    private Optional<ProcessHandle> find(String name, long except) {
        return process.descendants()
                .filter(handle -> handle.pid() != except && arguments(handle).contains(name))
                .findFirst();
    }

    private static List<String> arguments(ProcessHandle handle) {
        try {
            String line = Files.readString(Path.of("/proc", "" + handle.pid(), "cmdline"), StandardCharsets.UTF_8);
            return Arrays.asList(line.split("\0", -1));
        } catch (IOException gone) {
            return List.of();
        }
    }

    ProcessHandle node() {
        return process.toHandle();
    }

    static void kill(ProcessHandle handle) {
        handle.destroyForcibly();
    }

    /** Sends STOP or CONT. */
    static void signal(ProcessHandle handle, String signal) {
        try {
            int status = new ProcessBuilder("kill", "-" + signal, "" + handle.pid())
                    .start()
                    .waitFor();
            assertThat(status).as("kill -" + signal).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Waits for something to be so, as long as the run lives and patience lasts. */
    void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(process.isAlive())
                    .as(what + " did not come to be:\n" + logs())
                    .isTrue();
            assertThat(System.nanoTime())
                    .as(what + " did not come to be:\n" + logs())
                    .isLessThan(deadline);
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /** The newest step whose loss has been told. */
    int steps() {
        return output.steps();
    }

    /** The time at which the newest step was told; long ago where none was. */
    Instant lastTold() {
        return output.lastTold();
    }

    /** The files that the run leaves. */
    RunOutput output() {
        return output;
    }

    /** Waits for so long, as long as the run lives. */
    void untilPassed(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        until(time + " have passed", () -> System.nanoTime() >= end);
    }

    /** Waits for so long, or until the rank has ended, since its parent ends one that the cluster has let go. */
    void untilPassedOrGone(Duration time, ProcessHandle rank) {
        long end = System.nanoTime() + time.toNanos();
        until(time + " have passed, or its end", () -> System.nanoTime() >= end || !rank.isAlive());
    }

    /** Batches that the last student had to ask about again, as the run says when it has ended. */
    int askedAgain() {
        Matcher told = ASKED_AGAIN.matcher(console());
        assertThat(told.find()).as(logs()).isTrue();
        return Integer.parseInt(told.group(1));
    }

    void untilStep(int step) {
        until("step " + step, () -> steps() >= step);
    }

    void requireEnd(int status) {
        try {
            boolean ended = process.waitFor(PATIENCE_SECONDS + planned / STEPS_PER_SECOND, TimeUnit.SECONDS);
            assertThat(ended).as("the run has not ended:\n" + logs()).isTrue();
            assertThat(process.exitValue()).as(logs()).isEqualTo(status);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The invariant of every fault: the weights of the undisturbed run, and every step told once with the same loss. */
    void requireSameAs(SupervisedRun undisturbed) {
        output.requireSameAs(undisturbed.output, logs());
    }

    String console() {
        return read(log);
    }

    /** The output of its node before the job stopped: then its ranks go, as they should. */
    String consoleBeforeEnd() {
        String all = console();
        int end = all.indexOf(" is stopped, epoch ");
        return end < 0 ? all : all.substring(0, end);
    }

    /** All that its processes have said. */
    String logs() {
        StringBuilder all = new StringBuilder(console());
        Path ranks = output.directory().resolve("ranks/ranks");
        if (Files.isDirectory(ranks)) {
            try (Stream<Path> files = Files.list(ranks)) {
                files.filter(Files::isRegularFile)
                        .sorted()
                        .forEach(file -> all.append("\n== ")
                                .append(file.getFileName())
                                .append('\n')
                                .append(read(file)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return all.toString();
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends all of its processes, however they are. */
    @Override
    public void close() {
        List<ProcessHandle> all = process.descendants().toList();
        process.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        process.toHandle().onExit().join();
        all.forEach(handle -> handle.onExit().join());
    }
}
