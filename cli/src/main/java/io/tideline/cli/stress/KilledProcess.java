package io.tideline.cli.stress;

import io.tideline.cli.console.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link KillChild}, as its parent sees it: what it says, and its end. The kill is a SIGKILL. */
final class KilledProcess implements AutoCloseable {

    private static final int KEPT_ERROR_LINES = 200;
    private static final String HEAP = "-Xmx384m";

    private final Process process;
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
    private final List<String> errorLines = new ArrayList<>();
    private final Thread errorReader;

    private KilledProcess(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().name("kill-output").start(() -> readLines(process.inputReader(StandardCharsets.UTF_8)));
        this.errorReader = Thread.ofPlatform().daemon().name("kill-errors").start(() -> readErrors(process.errorReader(StandardCharsets.UTF_8)));
    }

    /** Starts one that is quick to come up, with assertions and probe points on. */
    static KilledProcess start(String classPath, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), HEAP, "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:-UsePerfData", "-ea", "-Dtideline.probes=true",
                "--add-exports", "java.base/jdk.internal.misc=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED",
                "-cp", classPath, KillChild.class.getName()));
        command.addAll(arguments);
        try {
            return new KilledProcess(new ProcessBuilder(command).start());
        } catch (IOException refused) {
            throw new Failure("Cannot start the process that is to be killed: " + refused.getMessage() + ".", refused);
        }
    }

    private void readLines(BufferedReader output) {
        try (output) {
            output.lines().forEach(line -> lines.add(Optional.of(line)));
        } catch (IOException | UncheckedIOException killed) {
            keepError("its output ended: " + killed.getMessage());
        } finally {
            lines.add(Optional.empty());
        }
    }

    private void readErrors(BufferedReader errors) {
        try (errors) {
            errors.lines().forEach(this::keepError);
        } catch (IOException | UncheckedIOException killed) {
            keepError("its standard error ended: " + killed.getMessage());
        }
    }

    private void keepError(String line) {
        synchronized (errorLines) {
            if (errorLines.size() < KEPT_ERROR_LINES) {
                errorLines.add(line);
            }
        }
    }

    /** The next line; empty when there will be none; null if nothing came for that time. */
    Optional<String> next(long nanos) {
        try {
            return lines.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new Failure("Waiting for the process that is to be killed was interrupted.", stop);
        }
    }

    /** Kills it, unless it has ended, and waits until it is gone. */
    void kill() {
        process.destroyForcibly();
        exitCode();
    }

    /** Waits for its end. */
    int exitCode() {
        try {
            int code = process.waitFor();
            errorReader.join();
            return code;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new Failure("Waiting for the end of a process was interrupted.", stop);
        }
    }

    /** What it wrote to its standard error. */
    List<String> errors() {
        synchronized (errorLines) {
            return List.copyOf(errorLines);
        }
    }

    @Override
    public void close() {
        kill();
    }
}
