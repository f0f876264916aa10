package io.tideline.cli.bench;

import io.tideline.cli.console.ByteSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A control group of Linux that holds one process to an amount of memory, the pages of its files in the cache of the kernel included.
 * Without it, a store that leaves its caching to the kernel would have all the memory of the machine.
 */
final class MemoryLimit implements AutoCloseable {

    /** Joins the group before it becomes the program, so that everything the program ever touches is charged to the group. */
    private static final String JOIN = "echo $$ > \"$0\" && exec \"$@\"";
    /** Tells glibc how many arenas its allocator may have: of many, each keeps what a native store has given back, until the group's limit ends the process. */
    static final String ARENAS = "MALLOC_ARENA_MAX";
    static final int MOST_ARENAS = 2;

    private static final String MEMBERS = "cgroup.procs";

    private final Path group;
    private final Path peak;
    private final long bytes;

    private MemoryLimit(Path group, Path peak, long bytes) {
        this.group = group;
        this.peak = peak;
        this.bytes = bytes;
    }

    /**
     * A limit, or why the machine allows none.
     *
     * @param limit null if there is none
     * @param refusal half a sentence, null if there is a limit
     */
    record Attempt(MemoryLimit limit, String refusal) {
    }

    /** Makes a group with that limit below the one that this process is in. */
    static Attempt of(String name, long bytes) {
        return of(new ControlGroups(Path.of("/proc/self/mountinfo"), Path.of("/proc/self/cgroup")), name, bytes);
    }

    static Attempt of(ControlGroups groups, String name, long bytes) {
        Optional<ControlGroups.Parent> parent;
        try {
            parent = groups.parent();
        } catch (IOException unreadable) {
            return new Attempt(null, "the control groups of this machine cannot be read (" + unreadable + ")");
        }
        if (parent.isEmpty()) {
            return new Attempt(null, "this machine has no control group for memory that may be divided");
        }
        return in(parent.get(), "tideline-" + ProcessHandle.current().pid() + "-" + name, bytes);
    }

    private static Attempt in(ControlGroups.Parent parent, String name, long bytes) {
        Path group = parent.folder().resolve(name);
        MemoryLimit limit = new MemoryLimit(group, group.resolve(parent.peakFile()), bytes);
        try {
            Files.createDirectory(group);
        } catch (IOException refused) {
            return new Attempt(null, "no control group can be made in " + parent.folder());
        }
        try {
            Files.writeString(group.resolve(parent.limitFile()), Long.toString(bytes));
            // Where there is no accounting of swap, there is no such file.
            if (Files.exists(group.resolve(parent.swapFile()))) {
                Files.writeString(group.resolve(parent.swapFile()), Long.toString(parent.swapCountsMemory() ? bytes : 0));
            }
            return new Attempt(limit, null);
        } catch (IOException refused) {
            limit.close();
            return new Attempt(null, "the control group " + group + " takes no limit of " + ByteSize.describe(bytes));
        }
    }

    /** What the group is held to. */
    long bytes() {
        return bytes;
    }

    /** The most that was ever charged to the group, negative where the kernel does not tell. */
    long peakBytes() {
        try {
            return Files.isReadable(peak) ? Long.parseLong(Files.readString(peak).strip()) : Throughput.UNKNOWN;
        } catch (IOException | NumberFormatException untold) {
            return Throughput.UNKNOWN;
        }
    }

    /** The command that runs {@code command} inside the group. */
    List<String> around(List<String> command) {
        List<String> joining = new ArrayList<>(List.of("/bin/sh", "-c", JOIN, group.resolve(MEMBERS).toString()));
        joining.addAll(command);
        return joining;
    }

    /** Removes the group, which must be empty by then; one that is not remains, and costs nothing but its name. */
    @Override
    public void close() {
        // A control group is removed by rmdir, which takes the files in it with it; File.delete is that call.
        group.toFile().delete();
    }
}
