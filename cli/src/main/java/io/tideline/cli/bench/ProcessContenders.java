package io.tideline.cli.bench;

import io.tideline.cli.bench.contestant.TidelineContestant;
import io.tideline.cli.bench.work.Spill;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.console.ByteSize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Contenders in processes of their own, each with its best flags. The peers come from the checkout that this program runs from. */
final class ProcessContenders implements Contenders {

    /** By name: the command line does not depend on the peers. */
    private static final String MAP_MAIN = "io.tideline.jmh.MapContestant";
    private static final String DISK_MAIN = "io.tideline.jmh.DiskContestant";
    /** LMDB's binding reaches into the buffers of the JDK, and checks every call unless told not to. */
    private static final List<String> LMDB_FLAGS = List.of("--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-Dlmdbjava.disable.checks=true");
    /** The standard output belongs to the replies, so what the JVM itself has to say goes to the error output. */
    private static final List<String> JVM_FLAGS = List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseParallelGC",
            "-XX:+AlwaysPreTouch", "-XX:+DisplayVMOutputToStderr");
    /** The store and the limit program have huge pages, so the map gets them too: it is about half faster with them. */
    private static final String HUGE_PAGES_FLAG = "-XX:+UseTransparentHugePages";
    private static final boolean IS_LINUX = System.getProperty("os.name").equals("Linux");
    private static final long MEBIBYTE = 1L << 20;

    private final WorkSettings work;
    private final Door door;
    /** Null if this store lives in memory. */
    private final Spill spill;
    private final long memoryBytes;
    private final boolean isMemoryLimited;
    private final Checkout checkout;
    private final Runnable tick;
    /** Who is limited how. */
    private final Map<String, List<String>> notes = new LinkedHashMap<>();
    private String peerClassPath;
    private Path limitProgram;

    /**
     * @param checkout where peers are built
     * @param tick called again and again while a contender is waited for
     */
    ProcessContenders(RaceSettings settings, Checkout checkout, Runnable tick) {
        this.work = settings.work();
        this.door = settings.door();
        this.spill = settings.spill();
        this.isMemoryLimited = settings.memoryBytes() > 0;
        // The index of this store comes on top of its memory; whoever it is compared with gets as much for what serves it as one.
        this.memoryBytes = isMemoryLimited ? settings.memoryBytes() + Footprint.indexBytes(work) : Footprint.allDataBytes(work);
        this.checkout = checkout;
        this.tick = tick;
    }

    @Override
    public Optional<String> prepare(Contestant contestant) {
        switch (contestant) {
            case TIDELINE -> { }
            case CHM, ROCKSDB, LMDB, MVSTORE -> peerClassPath = checkout.classPathOfPeers();
            case C -> {
                if (!checkout.hasCompiler()) {
                    return Optional.of("there is no gcc on this machine to build the limit program with");
                }
                limitProgram = checkout.limitProgram();
            }
        }
        return Optional.empty();
    }

    @Override
    public void requireRoom(List<Contestant> contestants) {
        Footprint.require(contestants, work, spill, memoryBytes);
    }

    @Override
    public Contender start(Contestant contestant) {
        String name = contestant.toString();
        boolean spills = spill != null && contestant == Contestant.TIDELINE;
        if (!contestant.isOnDisk() && !spills) {
            return ContestantProcess.start(name, command(contestant, null), tick);
        }
        // Whoever is compared with this store on disk has the same disk.
        Workplace workplace = Workplace.in(spill == null ? checkout.dataOfPeers() : spill.directory(), name, limit(name));
        List<String> command = spills ? command(contestant, spill.in(workplace.folder()))
                : command(contestant, workplace.folder(), peerClassPath);
        MemoryLimit limit = workplace.limit().orElse(null);
        return ContestantProcess.start(name, limit == null ? command : limit.around(command), tick, limit, workplace::close);
    }

    /** The limit of the memory of that contestant, null if there is none; takes a note of it. */
    private MemoryLimit limit(String name) {
        if (!isMemoryLimited) {
            return null;
        }
        long limitBytes = memoryBytes + Footprint.processBytes(work);
        MemoryLimit.Attempt attempt = MemoryLimit.of(name, limitBytes);
        notes.computeIfAbsent(attempt.limit() == null
                ? "sized for " + describeMemory() + ", but nothing limits the process and the cache of the kernel: " + attempt.refusal() + "."
                : "held to " + ByteSize.describe(limitBytes) + " by a control group, the cache of the kernel included: " + describeMemory() + ", "
                        + ByteSize.describe(Footprint.plainHeapBytes(work)) + " of heap for the operations, and "
                        + ByteSize.describe(Footprint.processBytes(work) - Footprint.plainHeapBytes(work)) + " for the JVM and native code; " + MemoryLimit.ARENAS
                        + "=" + MemoryLimit.MOST_ARENAS + ".",
                _ -> new ArrayList<>()).add(name);
        return attempt.limit();
    }

    private String describeMemory() {
        long index = Footprint.indexBytes(work);
        return ByteSize.describe(memoryBytes - index) + " of memory and " + ByteSize.describe(index) + " as the index of tideline takes";
    }

    @Override
    public List<String> notes() {
        return notes.entrySet().stream().map(note -> String.join(", ", note.getValue()) + ": " + note.getKey()).toList();
    }

    /** The command of a contestant that keeps its data on disk. */
    List<String> command(Contestant contestant, Path folder, String classPath) {
        List<String> command = new ArrayList<>();
        if (contestant == Contestant.MVSTORE) { // its pages are objects: it gets most of the memory as heap, where the others leave it outside
            addJvm(command, Footprint.heapBytes(work, memoryBytes / 4 * 3), classPath);
        } else {
            addPlainJvm(command, work, classPath);
        }
        if (contestant == Contestant.LMDB) {
            command.addAll(LMDB_FLAGS);
        }
        // Native libraries are unpacked there, and remain if the process is ended by force.
        command.add("-Djava.io.tmpdir=" + folder);
        command.addAll(List.of(DISK_MAIN, "peer=" + contestant, "folder=" + folder, "memory=" + memoryBytes));
        command.addAll(work.toArguments());
        return command;
    }

    /**
     * The command of a contestant that keeps no files, or of this store.
     *
     * @param ownSpill how this store goes to disk, null if it lives in memory
     */
    List<String> command(Contestant contestant, Spill ownSpill) {
        List<String> command = new ArrayList<>();
        switch (contestant) {
            case TIDELINE -> {
                addPlainJvm(command, work, System.getProperty("java.class.path"));
                command.addAll(door.flags());
                command.add(TidelineContestant.class.getName());
            }
            case CHM -> {
                addJvm(command, Footprint.mapHeapBytes(work), peerClassPath);
                command.add(MAP_MAIN);
            }
            case C -> command.add(limitProgram.toString());
            case ROCKSDB, LMDB, MVSTORE -> throw new IllegalArgumentException(contestant + " needs a folder");
        }
        command.addAll(work.toArguments());
        if (ownSpill != null) {
            command.addAll(ownSpill.toArguments());
        }
        return command;
    }

    /** The start of the command of a contestant that has nothing but the operations on its heap. */
    static void addPlainJvm(List<String> command, WorkSettings work, String classPath) {
        addJvm(command, Footprint.plainHeapBytes(work), classPath);
        command.add("-Xmn" + Footprint.YOUNG_BYTES / MEBIBYTE + "m");
    }

    /** The start of the command of every contestant that is written in Java. */
    private static void addJvm(List<String> command, long heapBytes, String classPath) {
        long mebibytes = heapBytes / MEBIBYTE;
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_FLAGS);
        if (IS_LINUX) {
            command.add(HUGE_PAGES_FLAG);
        }
        command.addAll(List.of("-Xms" + mebibytes + "m", "-Xmx" + mebibytes + "m", "-cp", classPath));
    }
}
