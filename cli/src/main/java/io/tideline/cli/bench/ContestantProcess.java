package io.tideline.cli.bench;

import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A contestant in a process of its own. It is asked over its standard input and answers over its standard output, one line each. */
final class ContestantProcess implements Contender {

    private static final long TICK_MILLIS = 100;
    private static final int KEPT_ERROR_LINES = 10;
    private static final long END_SECONDS = 10;
    private static final int TICKS_AFTER_INTERRUPT = 20;

    private final String name;
    private final Runnable tick;
    private final Process process;
    private final Writer requests;
    private final BlockingQueue<Optional<String>> replies = new LinkedBlockingQueue<>();
    private final Deque<String> errorLines = new ArrayDeque<>();
    private final Thread replyReader;
    private final Thread errorReader;
    private Runnable afterEnd;
    /** Null where nothing limits it. */
    private final MemoryLimit limit;

    private ContestantProcess(String name, Process process, Runnable tick, MemoryLimit limit, Runnable afterEnd) {
        this.name = name;
        this.limit = limit;
        this.tick = tick;
        this.process = process;
        this.afterEnd = afterEnd;
        this.requests = process.outputWriter(StandardCharsets.UTF_8);
        this.replyReader = Thread.ofVirtual().start(() -> readReplies(process.inputReader(StandardCharsets.UTF_8)));
        this.errorReader = Thread.ofVirtual().start(() -> readErrors(process.errorReader(StandardCharsets.UTF_8)));
    }

    /**
     * Starts the process.
     *
     * @param tick called again and again while an answer is awaited; what it throws ends the waiting
     */
    static ContestantProcess start(String name, List<String> command, Runnable tick) {
        return start(name, command, tick, null, null);
    }

    /**
     * Starts a process that leaves something behind.
     *
     * @param limit the control group that the command runs itself in; null for none
     * @param afterEnd run once, when the process was closed and has ended, or could not be started; null for nothing
     */
    static ContestantProcess start(String name, List<String> command, Runnable tick, MemoryLimit limit, Runnable afterEnd) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            if (limit != null) {
                builder.environment().put(MemoryLimit.ARENAS, Integer.toString(MemoryLimit.MOST_ARENAS));
            }
            return new ContestantProcess(name, builder.start(), tick, limit, afterEnd);
        } catch (IOException refused) {
            if (afterEnd != null) {
                afterEnd.run();
            }
            throw new Failure("Cannot start the contestant " + name + ": " + refused.getMessage() + ".", refused);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void rehearse() {
        request("rehearse");
    }

    @Override
    public Loading load() {
        Reply reply = request("load");
        long writingNanos = reply.numberIfKnown("writingNanos");
        return new Loading(reply.number("nanos"), reply.numberIfKnown("appendedBytes"), reply.numberIfKnown("writtenBytes"),
                writingNanos == Throughput.UNKNOWN ? null : new Loading.Writing(writingNanos, reply.number("writingBytes")), Throughput.UNKNOWN);
    }

    @Override
    public void turnTo(WorkSettings work) {
        request("work " + String.join(" ", work.toArguments()));
    }

    @Override
    public Throughput window(double seconds) {
        Reply reply = request(String.format(Locale.ROOT, "window %.3f", seconds));
        return new Throughput(reply.number("operations"), reply.number("nanos"), reply.number("allocatedBytes"),
                reply.number("absent"), reply.numberIfKnown("deviceLookups"), reply.numberIfKnown("deviceReads"));
    }

    @Override
    public Latency latency(double seconds) {
        Reply reply = request(String.format(Locale.ROOT, "latency %.3f", seconds));
        return new Latency(reply.number("p50"), reply.number("p99"), reply.number("p999"), reply.number("max"));
    }

    @Override
    public MemoryUse memory() {
        Reply reply = request("memory");
        MemoryUse use = new MemoryUse(reply.number("index"), reply.number("overflow"), reply.number("usedLog"), reply.number("liveHeap"),
                reply.number("residentOutsideHeap"), reply.numberIfKnown("peakResident"));
        return limit == null ? use : use.in(limit);
    }

    /** Sends one line and waits for the one that answers it. */
    Reply request(String line) {
        IOException refused = send(line);
        try {
            Optional<String> reply = replies.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
            while (reply == null) {
                tick.run();
                reply = replies.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
            }
            return Reply.parse(name, reply.orElseThrow(() -> ended(refused)));
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new Failure("Waiting for the contestant " + name + " was interrupted.", stop);
        }
    }

    /** Sends the line, or tells why not: a contestant that cannot go on may have said so and ended before it was asked. */
    private IOException send(String line) {
        try {
            requests.write(line + "\n");
            requests.flush();
            return null;
        } catch (IOException refused) {
            return refused;
        }
    }

    /** Why there is no answer. Ctrl-C may reach the other process first; then {@code tick} gets the time to learn of it and say so. */
    private RuntimeException ended(IOException cause) {
        tick.run();
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                return new Failure("The contestant " + name + " closed its output and still runs.", cause);
            }
            errorReader.join();
            for (int wait = 0; wait < TICKS_AFTER_INTERRUPT && process.exitValue() == ExitCode.INTERRUPTED; wait++) {
                tick.run();
                replies.poll(TICK_MILLIS, TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return new Failure("Waiting for the contestant " + name + " was interrupted.", stop);
        }
        return new Failure("The contestant " + name + " ended with exit code " + process.exitValue() + lastWords() + ".", cause);
    }

    private String lastWords() {
        synchronized (errorLines) {
            return errorLines.isEmpty() ? "" : " and these last words: " + String.join(" | ", errorLines);
        }
    }

    private void readReplies(BufferedReader output) {
        try (output) {
            output.lines().forEach(line -> replies.add(Optional.of(line)));
        } catch (IOException | UncheckedIOException closed) {
            keepErrorLine("its output cannot be read: " + closed.getMessage());
        } finally {
            replies.add(Optional.empty());
        }
    }

    private void readErrors(BufferedReader errors) {
        try (errors) {
            errors.lines().forEach(this::keepErrorLine);
        } catch (IOException | UncheckedIOException closed) {
            keepErrorLine("its error output cannot be read: " + closed.getMessage());
        }
    }

    private void keepErrorLine(String line) {
        synchronized (errorLines) {
            if (errorLines.size() == KEPT_ERROR_LINES) {
                errorLines.removeFirst();
            }
            errorLines.addLast(line.strip());
        }
    }

    /**
     * Ends the process at once: nothing that it holds is kept. What it leaves behind is gone when the first caller returns, and the others. So are those who
     * read what it says: the JDK closes the descriptors of a process that has ended, and who is about to read from one would read from what has its number
     * next, such as the first 8 KiB of the answer of the next contestant.
     */
    @Override
    public synchronized void close() {
        process.destroyForcibly();
        awaitEnd();
        if (afterEnd != null) {
            Runnable cleanUp = afterEnd;
            afterEnd = null;
            cleanUp.run();
        }
    }

    private void awaitEnd() {
        boolean interrupted = false;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(END_SECONDS);
        while (isThere() && deadline - System.nanoTime() > 0) {
            try {
                process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                replyReader.join(Duration.ofNanos(deadline - System.nanoTime()));
                errorReader.join(Duration.ofNanos(deadline - System.nanoTime()));
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the process has not ended, or somebody still reads what it said. */
    boolean isThere() {
        return process.isAlive() || replyReader.isAlive() || errorReader.isAlive();
    }
}
