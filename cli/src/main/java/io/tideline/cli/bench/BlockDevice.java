package io.tideline.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The disk, or the partition, that holds a folder, with what the kernel counts of it: all reads and writes that reached it, whoever asked for
 * them. So a store's own account of its reads can be checked.
 */
final class BlockDevice {

    private static final int NUMBER_FIELD = 2;
    private static final int PLACE_FIELD = 4;
    /** An overlay may lie on an overlay. */
    private static final int MOST_LAYERS = 8;
    private static final String UPPER = "upperdir=";
    private static final String DEVICES = "/dev/";
    private static final int READS_FIELD = 0;
    private static final int MERGED_READS_FIELD = 1;
    private static final int WRITTEN_SECTORS_FIELD = 6;
    /** Of the kernel's accounts, whatever the disk has. */
    private static final long SECTOR_BYTES = 512;

    private final String name;
    private final Path statistics;
    /** What comes before the counters in the device's line; empty in a file that is about it alone. */
    private final List<String> before;

    private BlockDevice(String name, Path statistics, List<String> before) {
        this.name = name;
        this.statistics = statistics;
        this.before = before;
    }

    /**
     * What the device did since the machine was started.
     *
     * @param reads read requests that were completed
     * @param mergedReads read requests that went along with a neighbouring one, and are not in {@code reads}
     * @param writtenBytes bytes of the writes that were completed
     */
    record Counts(long reads, long mergedReads, long writtenBytes) {
    }

    /** Where a file system is mounted, as /proc/self/mountinfo says. */
    private record Mount(String number, Path place, String source, String options) {
    }

    /** The device that holds the folder; empty if there is none (the folder is memory, or on another machine) or the system does not tell. */
    static Optional<BlockDevice> holding(Path folder) {
        return holding(folder, Path.of("/"));
    }

    /** @param root stands before /proc and /sys; for tests */
    static Optional<BlockDevice> holding(Path folder, Path root) {
        try {
            List<Mount> mounts = mounts(root.resolve("proc/self/mountinfo"));
            Path path = folder.toRealPath();
            for (int layer = 0; layer < MOST_LAYERS; layer++) {
                Optional<Mount> mount = mount(mounts, path);
                if (mount.isEmpty()) {
                    return Optional.empty();
                }
                Optional<BlockDevice> device = device(mount.get(), root);
                Optional<Path> upper = upper(mount.get());
                if (device.isPresent() || upper.isEmpty()) {
                    return device;
                }
                path = upper.get();
            }
            return Optional.empty();
        } catch (IOException untold) {
            return Optional.empty();
        }
    }

    private static List<Mount> mounts(Path table) throws IOException {
        List<Mount> mounts = new ArrayList<>();
        for (String line : Files.readAllLines(table)) {
            String[] halves = line.split(" - ", 2);
            String[] place = halves[0].split(" ");
            String[] kind = halves.length == 2 ? halves[1].split(" ") : new String[0];
            if (place.length > PLACE_FIELD && kind.length >= 3) {
                mounts.add(new Mount(place[NUMBER_FIELD], Path.of(plain(place[PLACE_FIELD])), plain(kind[1]), plain(kind[2])));
            }
        }
        return mounts;
    }

    /** Without the octal numbers that stand for spaces and the like. */
    private static String plain(String text) {
        return text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\");
    }

    /** The innermost around the path, of several at one place the last one, which hides the others. */
    private static Optional<Mount> mount(List<Mount> mounts, Path path) {
        return mounts.stream().filter(mount -> path.startsWith(mount.place()))
                .reduce((first, second) -> second.place().getNameCount() >= first.place().getNameCount() ? second : first);
    }

    /** Of an overlay, where it keeps what was written to it. */
    private static Optional<Path> upper(Mount mount) {
        return Stream.of(mount.options().split(",")).filter(option -> option.startsWith(UPPER))
                .map(option -> Path.of(option.substring(UPPER.length()))).findFirst();
    }

    private static Optional<BlockDevice> device(Mount mount, Path root) throws IOException {
        Path table = root.resolve("proc/diskstats");
        if (Files.isReadable(table)) {
            String known = mount.source().startsWith(DEVICES) ? name(mount.source()) : null;
            List<String[]> lines = Files.readAllLines(table).stream().map(line -> line.strip().split("\\s+")).filter(fields -> fields.length > 3).toList();
            // Some file systems have a number of their own, and only their source leads to the device.
            Optional<String[]> found = lines.stream().filter(fields -> mount.number().equals(fields[0] + ":" + fields[1])).findFirst()
                    .or(() -> lines.stream().filter(fields -> fields[2].equals(known)).findFirst());
            if (found.isPresent()) {
                return found.map(fields -> new BlockDevice(fields[2], table, List.of(fields[0], fields[1], fields[2])));
            }
        }
        Path own = root.resolve("sys/dev/block").resolve(mount.number());
        Path statistics = own.resolve("stat");
        return Files.isReadable(statistics) ? Optional.of(new BlockDevice(own.toRealPath().getFileName().toString(), statistics, List.of()))
                : Optional.empty();
    }

    /** What the kernel calls a device that may have several names. */
    private static String name(String source) throws IOException {
        Path path = Path.of(source);
        return (Files.exists(path) ? path.toRealPath() : path).getFileName().toString();
    }

    /** What the kernel calls it. */
    String name() {
        return name;
    }

    /** Empty if the kernel does not tell any more. */
    Optional<Counts> counts() {
        try (Stream<String> lines = Files.lines(statistics)) {
            return lines.map(line -> List.of(line.strip().split("\\s+")))
                    .filter(fields -> fields.size() > before.size() + WRITTEN_SECTORS_FIELD && fields.subList(0, before.size()).equals(before))
                    .map(fields -> fields.subList(before.size(), fields.size()).stream().map(Long::valueOf).collect(Collectors.toList()))
                    .map(fields -> new Counts(fields.get(READS_FIELD), fields.get(MERGED_READS_FIELD), fields.get(WRITTEN_SECTORS_FIELD) * SECTOR_BYTES))
                    .findFirst();
        } catch (IOException | NumberFormatException untold) {
            return Optional.empty();
        }
    }
}
