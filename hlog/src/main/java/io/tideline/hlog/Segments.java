package io.tideline.hlog;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.memory.Waits;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.Lock;

/**
 * The files that hold the log's pages: segment i holds the addresses from i × segment size on. Not preallocated. At most so many are open at
 * once, and those that somebody is reading, which are closed behind their last reader; one that is no longer needed is removed then.
 *
 * <p>Thread-safe. Opening and removing block; nobody calls this inside an epoch.
 */
final class Segments {
    private static final Logger LOG = System.getLogger(Segments.class.getName());
    /** A power of two. */
    private static final int RECENT = 1024;

    private final Device device;
    /** Whether files that are no longer needed are removed here, and not by others who have them open. */
    private final boolean isOwner;
    private final int segmentBits;
    private final OpenLimit limit;
    private final Waits waits;
    private final Lock opening;
    private final ConcurrentMap<Long, Lease> open = new ConcurrentHashMap<>();
    /** Where a read looks first, by the low bits of the number, so that it makes no object for the key of the map. May be stale: then the map tells. */
    private final AtomicReferenceArray<Lease> recent = new AtomicReferenceArray<>(RECENT);
    private final AtomicLong clock = new AtomicLong();
    private final AtomicLong pendingDeleteBytes = new AtomicLong();
    /** Doomed files that lost their last user. */
    private final Queue<Lease> doomed = new ConcurrentLinkedQueue<>();
    private final Runnable onIdle;
    private volatile long begin;
    private volatile boolean closed;

    /** A segment's open file and who is using it. */
    final class Lease {
        private static final int CLOSED = -1;

        final DeviceFile file;
        private final long number;
        private final AtomicInteger users = new AtomicInteger();
        private volatile long lastUse;
        private volatile long doomedBytes;

        private Lease(long number, DeviceFile file) {
            this.number = number;
            this.file = file;
        }

        private boolean tryUse() {
            for (;;) {
                int current = users.get();
                if (current == CLOSED) {
                    return false;
                }
                if (users.compareAndSet(current, current + 1)) {
                    lastUse = clock.incrementAndGet();
                    return true;
                }
            }
        }

        /** The user needs the file no longer. Does not block: its last user leaves a file that is doomed, or one too many, to {@link #giveBack}. */
        void release() {
            if (users.decrementAndGet() > 0) {
                return;
            }
            if (doomedBytes > 0) {
                doomed.add(this);
                onIdle.run();
            } else if (open.size() > limit.most()) {
                onIdle.run();
            }
        }

        /** Removes the file now, if nobody uses it, else with its last user. */
        private void doom() {
            doomedBytes = Math.max(1, file.sizeBytes());
            pendingDeleteBytes.addAndGet(doomedBytes);
            users.decrementAndGet();
            try {
                tryClose();
            } catch (StoreFault failed) {
                pendingDeleteBytes.addAndGet(-doomedBytes); // the next clear tries again
                throw failed;
            }
        }

        /** Closes the file unless somebody uses it; the last step of a doomed one is its removal. */
        private boolean tryClose() {
            if (!tryTake()) {
                return false;
            }
            close();
            return true;
        }

        /** Takes an unused file out, for {@link #close}; nobody can use it any more. */
        private boolean tryTake() {
            if (!users.compareAndSet(0, CLOSED)) {
                return false;
            }
            recent.compareAndSet((int) number & RECENT - 1, this, null);
            return open.remove(number, this);
        }

        /**
         * Closes what was taken. A file may close only when the device has left its last completion, and a completion may be about to open another
         * file: so nobody calls this under the lock, unless the device says that it {@linkplain Device#onShortage does not wait for completions}.
         */
        private void close() {
            file.close();
            if (doomedBytes > 0) {
                if (isOwner) {
                    device.delete(name(number));
                }
                pendingDeleteBytes.addAndGet(-doomedBytes);
            }
        }
    }

    /** @param onIdle told on any thread that {@link #giveBack} has something to do; must not block */
    Segments(Device device, boolean isOwner, int segmentBits, OpenLimit limit, Waits waits, Runnable onIdle) {
        this.isOwner = isOwner;
        this.onIdle = onIdle;
        this.device = device;
        this.segmentBits = segmentBits;
        this.limit = limit;
        this.waits = waits;
        this.opening = waits.lock();
    }

    static String name(long number) {
        return "log/%012d".formatted(number);
    }

    int alignmentBytes() {
        return device.alignmentBytes();
    }

    /** Where an address is inside its segment. */
    long offset(long address) {
        return address & (1L << segmentBits) - 1;
    }

    /** The segment of an address, for the caller to release; made if this is its first use and {@code create} says so. */
    Lease use(long address, boolean create) {
        if (open.size() > limit.most()) {
            closeSurplus(limit.most());
        }
        long number = address >>> segmentBits;
        int place = (int) number & RECENT - 1;
        Lease seen = recent.get(place);
        if (seen != null && seen.number == number && seen.tryUse()) {
            return seen;
        }
        for (int attempt = 0; ; attempt++) {
            Lease lease = open.get(number);
            if (lease == null) {
                closeSurplus(limit.most() - 1);
                lease = openFile(number, create);
            }
            if (lease.tryUse()) {
                recent.set(place, lease);
                return lease;
            }
            waits.pause(attempt); // it is being closed
        }
    }

    /** The same where nobody may block, such as in a completion: null if the file is not open. */
    Lease useIfOpen(long address) {
        Lease lease = open.get(address >>> segmentBits);
        return lease != null && lease.tryUse() ? lease : null;
    }

    private Lease openFile(long number, boolean create) {
        opening.lock();
        try {
            if (closed) {
                throw new IoFault("the log is closed");
            }
            Lease present = open.get(number);
            if (present != null) {
                return present;
            }
            String name = name(number);
            Lease lease = new Lease(number, create && !device.exists(name) ? device.create(name) : device.open(name));
            open.put(number, lease);
            limit.opened(open.size());
            return lease;
        } finally {
            opening.unlock();
        }
    }

    /**
     * Closes files until there are no more than {@code max}, but none in use: then the limit is exceeded for a moment rather than anybody refused.
     *
     * @return how many
     */
    private int closeSurplus(int max) {
        int count = 0;
        for (; open.size() > max; count++) {
            Lease oldest = takeOldest();
            if (oldest == null) {
                return count;
            }
            oldest.close();
        }
        return count;
    }

    /**
     * The process has no descriptor left: closes half of the files, those first whose last use is the longest ago, and keeps no more than the others open from now on.
     * Half, because one would be missing again at the next opening, and without any the readers would open theirs anew at every read. Called by the device, which
     * may be opening one of these.
     *
     * @return whether there was one that nobody uses
     */
    boolean giveHalfBack() {
        int keep = open.size() / 2;
        boolean lower = limit.lower(keep);
        boolean some;
        try {
            some = closeSurplus(keep) > 0;
        } catch (StoreFault failed) {
            LOG.log(Level.WARNING, "a segment could not be closed", failed);
            some = true;
        }
        if (lower && some) { // not before there is room again: the JVM may open files to log
            LOG.log(Level.WARNING, "the process may open no more files; of the log at most " + limit.most() + " are kept open for now. Raise ulimit -n, or lower maxOpenFiles");
        }
        return some;
    }

    /**
     * Takes out the file that nobody uses and whose last use is the longest ago; null if all are in use. Looks at each last use once: they
     * change meanwhile, so files cannot be sorted by them.
     */
    private Lease takeOldest() {
        for (;;) {
            Lease oldest = null;
            long oldestUse = Long.MAX_VALUE;
            for (Lease lease : open.values()) {
                long lastUse = lease.lastUse;
                if (lastUse < oldestUse && lease.users.get() == 0) {
                    oldest = lease;
                    oldestUse = lastUse;
                }
            }
            if (oldest == null || oldest.tryTake()) {
                return oldest;
            }
        }
    }

    /**
     * Removes the segments that lie wholly below an address, each after its last reader. Nobody begins to read them any more, and only one thread
     * at a time calls this.
     */
    void deleteBelow(long address) {
        if (!isOwner) {
            open.keySet().stream().filter(number -> number < address >>> segmentBits).toList().forEach(this::doom);
            return;
        }
        for (long number = begin >>> segmentBits; number < address >>> segmentBits; number++) {
            if (device.exists(name(number))) {
                doom(number);
            }
        }
        begin = address;
    }

    private void doom(long number) {
        Lease lease = use(number << segmentBits, false);
        if (lease.doomedBytes > 0) {
            lease.release(); // its last reader will remove it
        } else {
            lease.doom();
        }
    }

    /** Removes what lost its last user since it was doomed, what cannot be removed stays pending; and closes files that were one too many while all were in use. */
    void giveBack() {
        for (Lease lease = doomed.poll(); lease != null; lease = doomed.poll()) {
            try {
                lease.tryClose();
            } catch (StoreFault failed) {
                LOG.log(Level.WARNING, "a segment that is no longer needed could not be removed", failed);
            }
        }
        try {
            closeSurplus(limit.most());
        } catch (StoreFault failed) {
            LOG.log(Level.WARNING, "a segment could not be closed", failed);
        }
    }

    /** Makes creations and removals of segments survive a crash of the machine. */
    void syncDirectory() {
        device.syncDirectory();
    }

    /** Bytes of segments that are no longer needed and still being read. */
    long pendingDeleteBytes() {
        return pendingDeleteBytes.get();
    }

    int openFiles() {
        return open.size();
    }

    /**
     * Lets nobody begin to use a file any more, waits for those who do, and gives the files back.
     *
     * @return false if some were still in use after {@code timeoutNanos}; these stay open
     * @throws StoreFault if one could not be closed; the others were
     */
    boolean close(long timeoutNanos) {
        opening.lock();
        try {
            closed = true;
        } finally {
            opening.unlock();
        }
        long deadline = waits.nanoTime() + timeoutNanos;
        StoreFault problem = null;
        for (Lease lease : open.values()) {
            try {
                for (int attempt = 0; open.get(lease.number) == lease && !lease.tryClose(); attempt++) {
                    if (waits.nanoTime() - deadline > 0) {
                        return false;
                    }
                    waits.pause(attempt);
                }
            } catch (StoreFault failed) {
                problem = problem == null ? failed : problem;
            }
        }
        if (problem != null) {
            throw problem;
        }
        return true;
    }
}
