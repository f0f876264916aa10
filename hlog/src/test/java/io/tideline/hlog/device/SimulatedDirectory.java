package io.tideline.hlog.device;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/** The names of a {@link SimulatedDisk}: as they are, as they survive a power loss, and the changes between the two. Guarded by the disk. */
final class SimulatedDirectory {
    /** The inode gets the name and loses any other; a null name takes its name away. */
    private record Change(long time, SimulatedInode inode, String name) {
        void applyTo(Map<String, SimulatedInode> names) {
            names.values().removeIf(named -> named == inode);
            if (name != null) {
                names.put(name, inode);
            }
        }
    }

    private final TreeMap<String, SimulatedInode> names = new TreeMap<>();
    private final TreeMap<String, SimulatedInode> durable = new TreeMap<>();
    private final List<Change> unsynced = new ArrayList<>();
    /** Those ever needed; nobody removes one. */
    private final TreeSet<String> directories = new TreeSet<>();

    SimulatedInode get(String name) {
        return names.get(name);
    }

    /** Whether a file may have this name: it is not a directory's, and its directory is not a file. */
    boolean canHold(String name) {
        int slash = name.indexOf('/');
        return !directories.contains(name) && (slash < 0 || !names.containsKey(name.substring(0, slash)));
    }

    List<String> list() {
        return List.copyOf(names.keySet());
    }

    boolean isLinked(SimulatedInode inode) {
        return names.containsValue(inode);
    }

    List<SimulatedInode> inodes() {
        return List.copyOf(names.values());
    }

    /** Gives the inode a name, and no other one, at a time. */
    void name(SimulatedInode inode, String name, long time) {
        int slash = name.indexOf('/');
        if (slash > 0) {
            directories.add(name.substring(0, slash));
        }
        change(new Change(time, inode, name));
    }

    void delete(String name, long time) {
        change(new Change(time, names.get(name), null));
    }

    private void change(Change change) {
        change.applyTo(names);
        unsynced.add(change);
    }

    void sync() {
        durable.clear();
        durable.putAll(names);
        unsynced.clear();
    }

    /** Makes the first few changes survive; the others still may, and may be synced again. */
    void failSync(SplittableRandom random) {
        for (int kept = random.nextInt(unsynced.size() + 1); kept > 0; kept--) {
            unsynced.removeFirst().applyTo(durable);
        }
    }

    /** The same directory over copies of its inodes. */
    SimulatedDirectory copy(UnaryOperator<SimulatedInode> copier) {
        Map<SimulatedInode, SimulatedInode> copies = new IdentityHashMap<>();
        UnaryOperator<SimulatedInode> once = inode -> copies.computeIfAbsent(inode, copier);
        SimulatedDirectory copy = new SimulatedDirectory();
        names.forEach((name, inode) -> copy.names.put(name, once.apply(inode)));
        durable.forEach((name, inode) -> copy.durable.put(name, once.apply(inode)));
        unsynced.forEach(change -> copy.unsynced.add(new Change(change.time, once.apply(change.inode), change.name)));
        copy.directories.addAll(directories);
        return copy;
    }

    /** What a power loss leaves of the names, durable as a whole; the inodes are still the same ones. */
    SimulatedDirectory crash(CrashStyle style, long cut, SplittableRandom random) {
        SimulatedDirectory left = new SimulatedDirectory();
        left.names.putAll(durable);
        for (Change change : unsynced) {
            boolean kept = switch (style) {
                case LOST -> false;
                case KEPT -> true;
                case PREFIX -> change.time <= cut;
                case INDEPENDENT -> random.nextBoolean();
            };
            if (kept) {
                change.applyTo(left.names);
            }
        }
        for (String name : left.list()) {
            if (name.indexOf('/') > 0) {
                left.directories.add(name.substring(0, name.indexOf('/')));
            }
        }
        left.durable.putAll(left.names);
        return left;
    }
}
