package io.tideline.cli.bench;

import io.tideline.checkpoint.CheckpointFiles;
import io.tideline.checkpoint.IndexStep;
import io.tideline.cli.bench.contestant.CutContestant;
import io.tideline.cli.bench.work.CutPlan;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Measures what checkpoints cost and what coming back takes: the same operations without checkpoints, beside a control that only makes the log
 * read-only, and with checkpoints, each in a process of its own on a freshly loaded store; then a process that recovers what the last one left.
 */
final class CheckpointBench implements AutoCloseable {

    /** With its part of what else an opening takes. */
    private static final long BYTES_OF_A_BUCKET = 80;
    /** At most so much a recovery reads into. */
    private static final long BYTES_BESIDE_THE_INDEX = 256L << 20;

    /** An odd number, for there to be a middle one. */
    private static final int RECOVERIES = 5;

    private final CheckpointSettings settings;
    private final RaceDisplay display;
    private final Runnable tick;
    private final Optional<Path> fio;
    private ContestantProcess running;
    private DeviceLimit limit;
    private boolean closed;

    /**
     * @param fio measures the disk by reading the image of the index; without it all of the store's files are read
     * @param tick called again and again while something is waited for
     */
    CheckpointBench(CheckpointSettings settings, RaceDisplay display, Runnable tick, Optional<Path> fio) {
        this.settings = settings;
        this.display = display;
        this.tick = tick;
        this.fio = fio;
    }

    CheckpointResult run() {
        Spill spill = settings.spill();
        Footprint.require(List.of(Contestant.TIDELINE), settings.work(), spill, spill.memoryBytes() + Footprint.indexBytes(settings.work()));
        Optional<BlockDevice> device = BlockDevice.holding(spill.directory());
        display.plan(CutPlan.Kind.values().length * (settings.warmUpSeconds() + settings.seconds()));
        List<CheckpointRun> runs = new ArrayList<>();
        Reply ended = null;
        Path left = null;
        for (CutPlan.Kind kind : CutPlan.Kind.values()) {
            Path directory = spill.directory().resolve(CheckpointRun.name(kind));
            ContestantProcess process = start(kind, directory);
            display.begin(process.name() + ", loading", 0);
            Reply loaded = process.request("load");
            display.begin(process.name() + ", warming up", settings.warmUpSeconds());
            process.request(command("warm", settings.warmUpSeconds()));
            display.begin(process.name(), settings.seconds());
            Reply run = process.request(command("run", settings.seconds()));
            runs.add(CheckpointRun.of(kind, loaded, run));
            display.show(new Throughput(runs.getLast().timeline().operations(), runs.getLast().timeline().nanos(), 0, 0));
            if (kind == CutPlan.Kind.CHECKPOINT) {
                ended = process.request("end");
                left = directory;
            }
            stop();
            if (kind != CutPlan.Kind.CHECKPOINT) {
                remove(directory);
            }
        }
        return new CheckpointResult(settings, runs, recover(left, ended), device.map(BlockDevice::name).orElse(null));
    }

    private static String command(String name, double seconds) {
        return String.format(Locale.ROOT, "%s %.3f", name, seconds);
    }

    private ContestantProcess start(CutPlan.Kind kind, Path directory) {
        List<String> command = new ArrayList<>();
        ProcessContenders.addPlainJvm(command, settings.work(), System.getProperty("java.class.path"));
        command.addAll(settings.door().flags());
        command.add(CutContestant.class.getName());
        command.addAll(settings.work().toArguments());
        command.addAll(settings.spill().in(directory).toArguments());
        command.addAll(settings.plan().of(kind).toArguments());
        ContestantProcess process = ContestantProcess.start(CheckpointRun.name(kind), command, tick, null, () -> { }); // closed means ended
        synchronized (this) {
            running = process;
            if (!closed) {
                return process;
            }
        }
        process.close();
        throw new Failure("The measurement was ended while " + CheckpointRun.name(kind) + " was started.");
    }

    private void stop() {
        ContestantProcess process;
        synchronized (this) {
            process = running;
            running = null;
        }
        if (process != null) {
            process.close();
        }
    }

    /** Each between two measurements of the disk. */
    private CheckpointRecoveries recover(Path directory, Reply ended) {
        Function<Path, Double> bandwidth = fio.isPresent() ? sequentialReads(fio.get()) : this::readFiles;
        List<CheckpointRecovery> recoveries = new ArrayList<>();
        display.begin("measuring the disk", 0);
        double before = bandwidth.apply(directory);
        for (int number = 1; number <= RECOVERIES; number++) {
            String cacheKept = PageCache.drop(files(directory)).orElse(null);
            boolean isLast = number == RECOVERIES;
            display.begin("recovery " + number + " of " + RECOVERIES + (isLast ? ", then adding up every value, which reads most of them from the disk one by one" : ""), 0);
            Reply recovered = recover(directory, isLast ? "recover" : "reopen");
            display.begin("measuring the disk", 0);
            double after = bandwidth.apply(directory);
            recoveries.add(CheckpointRecovery.of(ended, recovered, cacheKept, (before + after) / 2, fio.isPresent() ? DeviceLimit.NAME : SequentialRead.NAME,
                    settings.work().keys()));
            before = after;
        }
        return new CheckpointRecoveries(recoveries);
    }

    private Reply recover(Path directory, String command) {
        ContestantProcess process = start(CutPlan.Kind.CHECKPOINT, directory);
        // What a process that died had, a moment ago; a moment, because the host has it back two seconds later.
        FreeMemory.fetch(settings.work().buckets() * BYTES_OF_A_BUCKET + BYTES_BESIDE_THE_INDEX);
        Reply recovered = process.request(command);
        stop();
        return recovered;
    }

    /** Of the file that recoveries read: another may be nearer to the host of a virtual machine. */
    private Function<Path, Double> sequentialReads(Path program) {
        DeviceLimit made = new DeviceLimit(program, settings.spill().directory(), tick);
        synchronized (this) {
            limit = made;
        }
        return directory -> made.readSequentially(newestImage(directory));
    }

    /** The image of the index that a recovery reads: of the newest checkpoint that has one, and the first has. */
    private static Path newestImage(Path directory) {
        List<String> names = files(directory).stream().map(file -> directory.relativize(file).toString()).toList();
        return CheckpointFiles.newest(names, IndexStep.PART).map(directory::resolve)
                .orElseThrow(() -> new IllegalStateException("no checkpoint in " + directory + " has an image of the index"));
    }

    private double readFiles(Path directory) {
        return SequentialRead.measure(directory, tick);
    }

    private static List<Path> files(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        } catch (IOException refused) {
            throw new Failure("Cannot look at the files in " + directory + ": " + Reason.of(refused) + ".", refused);
        }
    }

    /** The disk is to have room for the next run. */
    private static void remove(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException refused) {
            throw new Failure("Cannot remove " + directory + ": " + Reason.of(refused) + "; remove it by hand.", refused);
        }
    }

    @Override
    public void close() {
        end();
    }

    /** Ends what is running, from any thread. */
    void end() {
        DeviceLimit measuring;
        synchronized (this) {
            closed = true;
            measuring = limit;
        }
        stop();
        if (measuring != null) {
            measuring.close();
        }
    }
}
