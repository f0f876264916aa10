package io.tideline.hlog.device;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The bytes of one simulated file, sector by sector, each with what of it survives a power loss and every version written since. Stored
 * arrays are never changed, so copies share them. Guarded by the disk.
 */
final class SimulatedInode {
    private record Version(long time, byte[] bytes) {
    }

    private record Length(long time, long bytes) {
    }

    private static final class Sector {
        /** Null is zeros. */
        private byte[] durable;
        /** What reads show where a failed sync forgot it; null otherwise. */
        private byte[] forgotten;
        /** What the last write covered; null is zeros. */
        private byte[] previous;
        private final List<Version> unsynced = new ArrayList<>(1);
        private boolean occupied;
        private boolean bad;

        byte[] current() {
            if (!unsynced.isEmpty()) {
                return unsynced.getLast().bytes;
            }
            return forgotten != null ? forgotten : durable;
        }

        Sector copy() {
            Sector copy = new Sector();
            copy.durable = durable;
            copy.forgotten = forgotten;
            copy.previous = previous;
            copy.unsynced.addAll(unsynced);
            copy.occupied = occupied;
            copy.bad = bad;
            return copy;
        }
    }

    private final int sectorBytes;
    private final TreeMap<Long, Sector> sectors = new TreeMap<>();
    /** The numbers of sectors with unsynced versions. */
    private final TreeSet<Long> dirty = new TreeSet<>();
    private long durableLength;
    private final List<Length> unsyncedLengths = new ArrayList<>();
    private long occupiedSectors;
    private int handles;

    SimulatedInode(int sectorBytes) {
        this.sectorBytes = sectorBytes;
    }

    SimulatedInode copy() {
        SimulatedInode copy = new SimulatedInode(sectorBytes);
        sectors.forEach((number, sector) -> copy.sectors.put(number, sector.copy()));
        copy.dirty.addAll(dirty);
        copy.durableLength = durableLength;
        copy.unsyncedLengths.addAll(unsyncedLengths);
        copy.occupiedSectors = occupiedSectors;
        return copy;
    }

    long length() {
        return unsyncedLengths.isEmpty() ? durableLength : unsyncedLengths.getLast().bytes;
    }

    long occupiedBytes() {
        return occupiedSectors * sectorBytes;
    }

    /** How many bytes more the file takes once these are written. */
    long growthBytes(long offset, int lengthBytes) {
        long growth = 0;
        for (long number = offset / sectorBytes; number * sectorBytes < offset + lengthBytes; number++) {
            Sector sector = sectors.get(number);
            growth += sector == null || !sector.occupied ? sectorBytes : 0;
        }
        return growth;
    }

    void opened() {
        handles++;
    }

    void closed() {
        handles--;
    }

    boolean isOpen() {
        return handles > 0;
    }

    // --- transfers ---

    /** Writes the part of the bytes that lies in sectors for which the mask says so; the file grows up to the last of them. */
    void write(long offset, byte[] bytes, SectorMask mask, long time) {
        long end = offset + bytes.length;
        long writtenEnd = 0;
        for (long number = offset / sectorBytes; number * sectorBytes < end; number++) {
            long sectorStart = number * sectorBytes;
            if (mask.includes((int) (number - offset / sectorBytes))) {
                long from = Math.max(offset, sectorStart);
                long to = Math.min(end, sectorStart + sectorBytes);
                byte[] next = bytesOf(number);
                System.arraycopy(bytes, (int) (from - offset), next, (int) (from - sectorStart), (int) (to - from));
                put(number, next, time);
                writtenEnd = to;
            }
        }
        if (writtenEnd > length()) {
            unsyncedLengths.add(new Length(time, writtenEnd));
        }
    }

    /** Which sectors of a transfer are meant, counted from its first one. */
    @FunctionalInterface
    interface SectorMask {
        SectorMask ALL = _ -> true;

        boolean includes(int index);
    }

    private byte[] bytesOf(long number) {
        Sector sector = sectors.get(number);
        byte[] current = sector == null ? null : sector.current();
        return current == null ? new byte[sectorBytes] : current.clone();
    }

    private void put(long number, byte[] bytes, long time) {
        Sector sector = sectors.computeIfAbsent(number, _ -> new Sector());
        sector.previous = sector.current();
        sector.unsynced.add(new Version(time, bytes));
        sector.bad = false;
        if (!sector.occupied) {
            sector.occupied = true;
            occupiedSectors++;
        }
        dirty.add(number);
    }

    byte[] read(long offset, int lengthBytes) {
        return gather(offset, lengthBytes, false);
    }

    /** Like {@link #read}, from before the last write of each sector. */
    byte[] readStale(long offset, int lengthBytes) {
        return gather(offset, lengthBytes, true);
    }

    private byte[] gather(long offset, int lengthBytes, boolean stale) {
        byte[] bytes = new byte[lengthBytes];
        long end = offset + lengthBytes;
        long last = (end + sectorBytes - 1) / sectorBytes;
        sectors.subMap(offset / sectorBytes, last).forEach((number, sector) -> {
            byte[] source = stale ? sector.previous : sector.current();
            if (source != null) {
                long sectorStart = number * sectorBytes;
                long from = Math.max(offset, sectorStart);
                long to = Math.min(end, sectorStart + sectorBytes);
                System.arraycopy(source, (int) (from - sectorStart), bytes, (int) (from - offset), (int) (to - from));
            }
        });
        return bytes;
    }

    void markBad(long offset) {
        sectors.computeIfAbsent(offset / sectorBytes, _ -> new Sector()).bad = true;
    }

    boolean hasBadSector(long offset, int lengthBytes) {
        long last = (offset + lengthBytes + sectorBytes - 1) / sectorBytes;
        return sectors.subMap(offset / sectorBytes, last).values().stream().anyMatch(sector -> sector.bad);
    }

    void truncate(long lengthBytes, long time) {
        if (lengthBytes == length()) {
            return;
        }
        for (long number : List.copyOf(sectors.tailMap(lengthBytes / sectorBytes, true).keySet())) {
            long kept = Math.max(0, lengthBytes - number * sectorBytes);
            byte[] next = bytesOf(number);
            Arrays.fill(next, (int) kept, sectorBytes, (byte) 0);
            put(number, next, time);
            if (kept == 0) {
                sectors.get(number).occupied = false;
                occupiedSectors--;
            }
        }
        unsyncedLengths.add(new Length(time, lengthBytes));
    }

    // --- durability ---

    /** Makes what was written up to a time survive. */
    void sync(long time) {
        for (long number : List.copyOf(dirty)) {
            commit(number, time);
        }
        while (!unsyncedLengths.isEmpty() && unsyncedLengths.getFirst().time <= time) {
            durableLength = unsyncedLengths.removeFirst().bytes;
        }
    }

    private void commit(long number, long time) {
        Sector sector = sectors.get(number);
        while (!sector.unsynced.isEmpty() && sector.unsynced.getFirst().time <= time) {
            sector.durable = sector.unsynced.removeFirst().bytes;
            sector.forgotten = null;
        }
        if (sector.unsynced.isEmpty()) {
            dirty.remove(number);
        }
    }

    /** Makes some of the sectors survive and forgets that the others were ever written; they read as before. */
    void failSync(long time, SplittableRandom random) {
        for (long number : List.copyOf(dirty)) {
            if (random.nextBoolean()) {
                commit(number, time);
            } else {
                forget(number, time);
            }
        }
    }

    private void forget(long number, long time) {
        Sector sector = sectors.get(number);
        while (!sector.unsynced.isEmpty() && sector.unsynced.getFirst().time <= time) {
            sector.forgotten = sector.unsynced.removeFirst().bytes;
        }
        if (sector.unsynced.isEmpty()) {
            dirty.remove(number);
        }
    }

    /** What a power loss leaves of the file, durable as a whole. */
    SimulatedInode crash(CrashStyle style, long cut, boolean garbage, SplittableRandom random) {
        SimulatedInode left = new SimulatedInode(sectorBytes);
        left.durableLength = lengthLeft(style, cut, random);
        for (Map.Entry<Long, Sector> entry : sectors.entrySet()) {
            long sectorStart = entry.getKey() * sectorBytes;
            byte[] bytes = bytesLeft(entry.getValue(), sectorStart, style, cut, garbage, random);
            if (sectorStart < left.durableLength && (bytes != null || entry.getValue().bad)) {
                Sector sector = new Sector();
                sector.durable = bytes == null ? null : Arrays.copyOf(Arrays.copyOf(bytes, (int) Math.min(sectorBytes, left.durableLength - sectorStart)), sectorBytes);
                sector.bad = entry.getValue().bad;
                sector.occupied = true;
                left.occupiedSectors++;
                left.sectors.put(entry.getKey(), sector);
            }
        }
        return left;
    }

    private long lengthLeft(CrashStyle style, long cut, SplittableRandom random) {
        long left = durableLength;
        switch (style) {
            case LOST -> left = durableLength;
            case KEPT -> left = length();
            case PREFIX -> {
                for (Length length : unsyncedLengths) {
                    left = length.time <= cut ? length.bytes : left;
                }
            }
            case INDEPENDENT -> {
                int choice = random.nextInt(unsyncedLengths.size() + 2);
                if (choice < unsyncedLengths.size()) {
                    left = unsyncedLengths.get(choice).bytes;
                } else if (choice > unsyncedLengths.size() && length() > durableLength) {
                    left = Math.min(length(), durableLength + random.nextLong(1 + (length() - durableLength) / sectorBytes) * sectorBytes);
                }
            }
        }
        return left;
    }

    private byte[] bytesLeft(Sector sector, long sectorStart, CrashStyle style, long cut, boolean garbage, SplittableRandom random) {
        if (sector.unsynced.isEmpty()) {
            return sector.durable;
        }
        byte[] left = sector.durable;
        switch (style) {
            case LOST -> left = sector.durable;
            case KEPT -> left = sector.current();
            case PREFIX -> {
                for (Version version : sector.unsynced) {
                    left = version.time <= cut ? version.bytes : left;
                }
            }
            case INDEPENDENT -> {
                if (garbage && random.nextInt(8) == 0) {
                    left = new byte[sectorBytes];
                    random.nextBytes(left);
                } else if (sectorStart >= durableLength && random.nextInt(4) == 0) {
                    left = null;
                } else {
                    int choice = random.nextInt(sector.unsynced.size() + 1);
                    left = choice == 0 ? sector.durable : sector.unsynced.get(choice - 1).bytes;
                }
            }
        }
        return left;
    }
}
