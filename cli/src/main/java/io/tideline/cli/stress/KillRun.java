package io.tideline.cli.stress;

import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Kills processes that work on a store, one after the other on the same files and each time with other options, and lets the next one check what
 * is left; a new store begins every {@value KillPlan#MOST_LIVES} lives. Ends at the first violation.
 */
final class KillRun {

    private static final long TICK_NANOS = 50_000_000;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** A site that is not reached for so long is not waited for. */
    private static final long SITE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final int TICKS_AFTER_INTERRUPT = 20;

    private final Path folder;
    private final String classPath;
    private final Runnable tick;
    private final KillReport report;

    /**
     * @param folder where the stores are made; what a violation is about stays there
     * @param classPath of the processes that are killed
     * @param tick called again and again; what it throws ends the run
     */
    KillRun(Path folder, String classPath, KillReport report, Runnable tick) {
        this.folder = folder;
        this.classPath = classPath;
        this.report = report;
        this.tick = tick;
    }

    /** Runs until there were so many kills, or a violation; stores have the seeds from {@code seed} on. */
    void run(long seed, int kills) {
        for (long store = seed; report.kills() < kills && report.violation() == null; store++) {
            runStore(store, kills);
        }
    }

    private void runStore(long seed, int kills) {
        Path home = folder.resolve("store-" + seed);
        int life = 0;
        try {
            Files.createDirectory(home);
            KillLedger ledger = KillLedger.map(home.resolve("ledger"));
            for (; life < KillPlan.MOST_LIVES && report.kills() < kills; life++) {
                live(home, KillPlan.of(seed, life), ledger);
                report.lived(ledger);
            }
            live(home, KillPlan.check(seed, life), ledger);
            report.checked(ledger);
            remove(home);
        } catch (Violation violation) {
            report.violated(seed, life, home, violation.getMessage());
        } catch (IOException | UncheckedIOException failed) {
            throw new Failure("Cannot use " + home + ": " + (failed instanceof IOException refused ? Reason.of(refused) : failed.getMessage()) + ".", failed);
        }
    }

    private void live(Path home, KillPlan plan, KillLedger ledger) throws IOException {
        Path store = home.resolve("store");
        Path before = home.resolve("before");
        Path twice = home.resolve("twice");
        remove(before);
        copy(store, before); // so that a violation can be looked at, and found again
        boolean recoversTwice = plan.recoversTwice() && Files.exists(store);
        if (recoversTwice) {
            copy(store, twice);
        }
        KillLedger.Phase phaseBefore = ledger.phase();
        List<String> arguments = List.of(store.toString(), recoversTwice ? twice.toString() : KillChild.NONE, home.resolve("ledger").toString(),
                Long.toString(plan.seed()), Integer.toString(plan.life()), plan.ending().name());
        Files.write(home.resolve("life"), List.of(String.join(" ", arguments), "phase before: " + phaseBefore, plan.toString()));
        try (KilledProcess process = KilledProcess.start(classPath, arguments)) {
            try {
                end(process, plan, ledger);
            } catch (Violation violation) {
                process.kill();
                Files.write(home.resolve("errors"), process.errors());
                throw violation;
            }
        }
        if (recoversTwice) {
            report.recoveredTwice();
            remove(twice);
        }
    }

    private void end(KilledProcess process, KillPlan plan, KillLedger ledger) {
        switch (plan.ending()) {
            case AT_TIME -> {
                await(process, KillChild.COMMITTED);
                killAfter(process, plan.delayNanos());
                report.killed(plan, null, ledger);
            }
            case AT_SITE -> {
                await(process, KillChild.WORKING);
                boolean reached = awaitSite(process, KillChild.HERE, SITE_NANOS);
                process.kill();
                report.killed(plan, reached ? plan.site() : null, ledger);
            }
            case OPENING_AT_TIME -> {
                await(process, KillChild.OPENING);
                killAfter(process, plan.delayNanos());
                report.killed(plan, null, ledger);
            }
            case OPENING_AT_SITE -> {
                await(process, KillChild.OPENING);
                boolean reached = await(process, KillChild.HERE, KillChild.WORKING).equals(KillChild.HERE);
                process.kill();
                report.killed(plan, reached ? plan.site() : null, ledger);
            }
            case CLOSING -> {
                await(process, KillChild.CLOSING);
                killAfter(process, plan.delayNanos());
                report.killed(plan, null, ledger);
            }
            case CLOSED -> {
                await(process, KillChild.CLOSING);
                requireEnd(process);
                report.closed();
            }
            case CHECK -> {
                await(process, KillChild.CHECKED);
                requireEnd(process);
            }
        }
    }

    /** Reads on until it says one of these words; which one. */
    private String await(KilledProcess process, String... words) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        for (;;) {
            tick.run();
            Optional<String> line = process.next(TICK_NANOS);
            if (line != null && List.of(words).contains(said(process, line))) {
                return line.get();
            }
            if (System.nanoTime() - deadline > 0) {
                throw new Violation("the process hangs: it has not said '" + String.join("' or '", words) + "' for "
                        + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS) + " s");
            }
        }
    }

    /** Whether it said the word in time. */
    private boolean awaitSite(KilledProcess process, String word, long nanos) {
        long deadline = System.nanoTime() + nanos;
        for (long rest = nanos; rest > 0; rest = deadline - System.nanoTime()) {
            tick.run();
            Optional<String> line = process.next(Math.min(rest, TICK_NANOS));
            if (line != null && said(process, line).equals(word)) {
                return true;
            }
        }
        return false;
    }

    /** What it says in that time is heard: it may be a violation. It may also come to its end by itself. */
    private void killAfter(KilledProcess process, long nanos) {
        long deadline = System.nanoTime() + nanos;
        for (long rest = nanos; rest > 0; rest = deadline - System.nanoTime()) {
            Optional<String> line = process.next(rest);
            if (line != null) {
                if (line.isEmpty() && process.exitCode() == 0) {
                    return;
                }
                said(process, line);
            }
        }
        process.kill();
        for (Optional<String> line = process.next(0); line != null && line.isPresent(); line = process.next(0)) {
            said(process, line);
        }
    }

    private void requireEnd(KilledProcess process) {
        for (Optional<String> line = process.next(PATIENCE_NANOS); line == null || line.isPresent(); line = process.next(PATIENCE_NANOS)) {
            if (line == null) {
                throw new Violation("the process does not come to its end");
            }
            said(process, line);
        }
        if (process.exitCode() != 0) {
            throw new Violation("the process ended with exit code " + process.exitCode());
        }
    }

    private String said(KilledProcess process, Optional<String> line) {
        if (line.isEmpty()) {
            awaitRequest(process);
            throw new Violation("the process ended by itself, with exit code " + process.exitCode());
        }
        if (line.get().startsWith(KillChild.VIOLATION)) {
            throw new Violation(line.get().substring(KillChild.VIOLATION.length()));
        }
        return line.get();
    }

    /** Ctrl-C goes to both processes, and the other may be the first to end by it: then it is no violation. */
    private void awaitRequest(KilledProcess process) {
        for (int wait = 0; wait < TICKS_AFTER_INTERRUPT && (process.exitCode() == ExitCode.INTERRUPTED || process.exitCode() == ExitCode.TERMINATED); wait++) {
            tick.run();
            LockSupport.parkNanos(TICK_NANOS);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (!Files.exists(from)) {
            return;
        }
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static void remove(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
