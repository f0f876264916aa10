package io.tideline.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds where, among the control groups of Linux, a group with a memory limit can be made: in version 2 or, where memory is still there, 1. */
final class ControlGroups {

    private static final String MEMORY = "memory";
    private static final String DIVIDED = "cgroup.subtree_control";
    private static final int ROOT_FIELD = 3;
    private static final int FOLDER_FIELD = 4;

    private final Path mountTable;
    private final Path membership;

    /**
     * A group below which another one can be made.
     *
     * @param folder where the group is
     * @param limitFile which file of a group takes the limit
     * @param swapFile which file of a group takes the limit with swap
     * @param swapCountsMemory whether that second limit is for memory and swap together, or for swap alone
     * @param peakFile which file of a group tells the most that was ever charged to it
     */
    record Parent(Path folder, String limitFile, String swapFile, boolean swapCountsMemory, String peakFile) {

        static Parent ofVersion2(Path folder) {
            return new Parent(folder, "memory.max", "memory.swap.max", false, "memory.peak");
        }

        static Parent ofVersion1(Path folder) {
            return new Parent(folder, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", true, "memory.max_usage_in_bytes");
        }
    }

    /**
     * @param mountTable as /proc/self/mountinfo
     * @param membership as /proc/self/cgroup
     */
    ControlGroups(Path mountTable, Path membership) {
        this.mountTable = mountTable;
        this.membership = membership;
    }

    /** The nearest group around this process below which memory can be limited. */
    Optional<Parent> parent() throws IOException {
        if (!Files.isReadable(mountTable) || !Files.isReadable(membership)) {
            return Optional.empty();
        }
        List<String> groups = Files.readAllLines(membership);
        for (String mount : Files.readAllLines(mountTable)) {
            String[] halves = mount.split(" - ", 2);
            String[] place = halves[0].split(" ");
            String[] kind = halves.length == 2 ? halves[1].split(" ") : new String[0];
            if (kind.length < 3 || place.length <= FOLDER_FIELD) {
                continue;
            }
            Optional<Parent> found = switch (kind[0]) {
                case "cgroup2" -> group(groups, "").flatMap(own -> divided(place, own));
                case "cgroup" -> List.of(kind[2].split(",")).contains(MEMORY)
                        ? group(groups, MEMORY).map(own -> Parent.ofVersion1(folder(place, own))).filter(own -> Files.isDirectory(own.folder()))
                        : Optional.empty();
                default -> Optional.empty();
            };
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** The path of the group that this process is in, of the hierarchy with that controller; version 2 has the empty name. */
    private static Optional<String> group(List<String> groups, String controller) {
        return groups.stream()
                .map(line -> line.split(":", 3))
                .filter(fields -> fields.length == 3 && List.of(fields[1].split(",")).contains(controller))
                .map(fields -> fields[2])
                .findFirst();
    }

    /** Of version 2: a group that has processes of its own hands no memory down, so the nearest one above that does so serves. */
    private static Optional<Parent> divided(String[] place, String own) {
        Path top = Path.of(place[FOLDER_FIELD]);
        return Stream.iterate(folder(place, own), folder -> folder != null && folder.startsWith(top), Path::getParent)
                .filter(ControlGroups::handsMemoryDown)
                .map(Parent::ofVersion2)
                .findFirst();
    }

    private static boolean handsMemoryDown(Path folder) {
        try {
            return Files.isReadable(folder.resolve(DIVIDED)) && List.of(Files.readString(folder.resolve(DIVIDED)).strip().split(" ")).contains(MEMORY);
        } catch (IOException refused) {
            return false;
        }
    }

    /** A container may see only the part of the hierarchy that begins at the root of the mount. */
    private static Path folder(String[] place, String group) {
        String root = place[ROOT_FIELD];
        String below = root.equals("/") || !group.startsWith(root) ? group : group.substring(root.length());
        return Path.of(place[FOLDER_FIELD] + "/" + below).normalize();
    }
}
