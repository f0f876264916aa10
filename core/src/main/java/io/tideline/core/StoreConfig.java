package io.tideline.core;

import io.tideline.checkpoint.ManifestStore;
import io.tideline.checkpoint.RecoveryProgress;
import io.tideline.checkpoint.SessionTable;
import io.tideline.epoch.Epoch;
import io.tideline.epoch.Housekeeper;
import io.tideline.fault.FormatFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.Identity;
import io.tideline.hlog.MutabilityPolicy;
import io.tideline.hlog.RecordRead;
import io.tideline.hlog.device.Device;
import io.tideline.memory.Waits;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;

/** How a store is to be opened; immutable. */
public final class StoreConfig {
    private static final long DEFAULT_MEMORY = 256L << 20;
    private static final int DEFAULT_MIN_PAGE = 64 << 10;
    private static final int DEFAULT_MAX_PAGE = 32 << 20;
    /** Of a store whose index may use half as much memory as its log: four 32-byte records to a bucket of seven entries. */
    private static final long LOG_BYTES_PER_BUCKET = 128;

    private static final long DEFAULT_SEGMENT = 64 << 20;
    private static final int DEFAULT_IO_THREADS = 32;
    private static final int DEFAULT_OPEN_FILES = 256;
    private static final Duration DEFAULT_READ_SPIN = Duration.ofNanos(100_000);
    private static final Duration MOST_READ_SPIN = Duration.ofSeconds(1);
    private static final int DEFAULT_PENDING_PER_SESSION = 128;
    private static final int DEFAULT_PENDING = 4096;

    /** Of submitted operations, and of the members of groups. */
    private static final long RINGS_PER_SESSION = 2;
    /** The one that is looked at, and the next one. */
    private static final long WALK_PAGES = 2;

    /** Each page costs a word of heap. */
    private static final long MAX_PAGES = 1 << 22;

    private final Builder settings;
    private final int pageBits;
    private final long buckets;

    private StoreConfig(Builder settings, int pageBits, long buckets) {
        this.settings = settings;
        this.pageBits = pageBits;
        this.buckets = buckets;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** The same for a store that is there already: what was left to the defaults is as the store is. */
    StoreConfig of(Identity identity, Optional<Long> imageBuckets) {
        Builder same = settings.copy();
        same.hashSeed = identity.hashSeed();
        same.segmentSize = identity.segmentBytes();
        long least = (long) HybridLog.MIN_PAGES << identity.pageBits();
        if (memory() < least) {
            throw new FormatFault("memory is " + memory() + "; the store of the directory " + directory() + " has pages of " + (1L << identity.pageBits())
                    + " bytes and takes at least " + least + ". Nothing was changed");
        }
        return new StoreConfig(same, identity.pageBits(), settings.buckets != null ? buckets : imageBuckets.orElse(buckets));
    }

    Optional<Long> givenPageSize() {
        return Optional.ofNullable(settings.pageSize).map(Integer::longValue);
    }

    Optional<Long> givenBuckets() {
        return Optional.ofNullable(settings.buckets);
    }

    Optional<Long> givenSegmentSize() {
        return settings.segmented ? Optional.of(segmentSize()) : Optional.empty();
    }

    Optional<Long> givenHashSeed() {
        return settings.seeded ? Optional.of(settings.hashSeed) : Optional.empty();
    }

    /** How many named sessions the store tells apart. */
    public int maxNamedSessions() {
        return settings.maxNamedSessions;
    }

    /** How many checkpoints are kept. */
    public int retain() {
        return settings.retain;
    }

    /** Whether an opening may go back to an older checkpoint where the newest is damaged. */
    public boolean fallsBack() {
        return settings.fallsBack;
    }

    /** Who is told how far a recovery is. */
    RecoveryProgress recoveryProgress() {
        return settings.recoveryProgress;
    }

    /** Log memory in bytes. */
    public long memory() {
        return settings.memory;
    }

    /** Index buckets of 64 bytes, seven entries each. */
    public long buckets() {
        return buckets;
    }

    /** Bytes of a log page; also the longest record. */
    public int pageSize() {
        return 1 << pageBits;
    }

    int pageBits() {
        return pageBits;
    }

    /** The part of the log memory that is changed in place. */
    public double mutableFraction() {
        return settings.mutableFraction;
    }

    public long hashSeed() {
        return settings.hashSeed;
    }

    public boolean hugePages() {
        return settings.hugePages;
    }

    public boolean preTouch() {
        return settings.preTouch;
    }

    /** Where the store spills, null for one that lives in memory only. */
    public Path directory() {
        return settings.directory;
    }

    /** Whether the files are to be whole after a close. */
    public boolean keepFiles() {
        return settings.keepFiles;
    }

    /** Bytes of a file of the log. */
    public long segmentSize() {
        return Math.max(settings.segmentSize, pageSize());
    }

    /** How files are read and written. */
    public DeviceModel device() {
        return settings.model;
    }

    /** How single records are read. */
    public DeviceModel readDevice() {
        return settings.readModel == null ? settings.model : settings.readModel;
    }

    /** How whole pages are read in order. */
    public DeviceModel scanDevice() {
        return settings.scanModel == null ? settings.model : settings.scanModel;
    }

    /** Threads that read and write, where the device has threads. */
    public int ioThreads() {
        return settings.ioThreads;
    }

    /** How long a thread that waits for a read from the device looks for it before it sleeps. */
    public Duration readSpin() {
        return settings.readSpin;
    }

    /** How many files of the log are open at most. */
    public int maxOpenFiles() {
        return settings.maxOpenFiles;
    }

    /** Whether values that are read from the device more than once are copied to the tail of the log. */
    public boolean copyReadsUp() {
        return settings.copyReadsUp;
    }

    /** How many submitted operations of one session may wait for the device. */
    public int maxPendingPerSession() {
        return settings.maxPendingPerSession;
    }

    /** How many of all sessions may. */
    public int maxPending() {
        return settings.maxPending;
    }

    /**
     * The most bytes beside the log memory that reads from the device take: for so many sessions, each with as many operations under way as it
     * may have, submitted ones and those of a group, and for one walk over all entries. Not all of it is taken at once, and none before it is
     * needed.
     *
     * @param sessions the calls without a session at the same time included
     * @param recordBytes the longest record; see {@code docs/formats.md}
     */
    public long readBufferBytes(int sessions, int recordBytes) {
        long lookup = Scratch.bytesFor(RecordRead.mostBufferBytes(recordBytes)) + Scratch.bytesFor(recordBytes);
        return sessions * (1 + RINGS_PER_SESSION * maxPendingPerSession()) * lookup + WALK_PAGES * pageSize();
    }

    /** Whether the store has files. */
    boolean spills() {
        return settings.directory != null || settings.files != null;
    }

    /** What a test gives in place of a directory. */
    Device files() {
        return settings.files;
    }

    Waits waits() {
        return settings.waits;
    }

    IntSupplier stripe() {
        return settings.stripe;
    }

    BiFunction<Epoch, Waits, Housekeeper> housekeeper() {
        return settings.housekeeper;
    }

    /** Collects settings; {@link #build} checks them. Not thread-safe. */
    public static final class Builder implements Cloneable {
        private long memory = DEFAULT_MEMORY;
        /** Null: by the memory. */
        private Long buckets;
        /** Null: by the memory. */
        private Integer pageSize;
        private double mutableFraction = 0.9;
        private long hashSeed;
        private boolean seeded;
        private boolean hugePages = true;
        private boolean preTouch;
        private Path directory;
        private boolean keepFiles = true;
        private long segmentSize = DEFAULT_SEGMENT;
        private DeviceModel model = DeviceModel.BUFFERED;
        private DeviceModel readModel;
        private DeviceModel scanModel;
        private int ioThreads = DEFAULT_IO_THREADS;
        private Duration readSpin = DEFAULT_READ_SPIN;
        private int maxOpenFiles = DEFAULT_OPEN_FILES;
        private boolean copyReadsUp;
        private int maxPendingPerSession = DEFAULT_PENDING_PER_SESSION;
        private int maxPending = DEFAULT_PENDING;
        private boolean segmented;
        private int maxNamedSessions = SessionTable.MAX_SESSIONS;
        private int retain = ManifestStore.MIN_RETAINED;
        private boolean fallsBack;
        private RecoveryProgress recoveryProgress = RecoveryProgress.NONE;
        private Device files;
        private Waits waits = Waits.SYSTEM;
        private IntSupplier stripe = () -> (int) Thread.currentThread().threadId();
        private BiFunction<Epoch, Waits, Housekeeper> housekeeper = Housekeeper::new;

        private Builder() {
        }

        /** Log memory in bytes, at least {@value HybridLog#MIN_PAGES} pages; rounded down to whole pages. Default 256 MiB. */
        public Builder memory(long bytes) {
            memory = bytes;
            return this;
        }

        /** Index buckets of 64 bytes, a power of two. A bucket serves 2 to 4 keys well, 7 without overflow. Default: memory / 128, rounded down. */
        public Builder buckets(long count) {
            buckets = count;
            return this;
        }

        /** Bytes of a log page, a power of two from 4 KiB to 32 MiB. Default: the largest of at most memory / 64 and 32 MiB, at least 64 KiB. */
        public Builder pageSize(int bytes) {
            pageSize = bytes;
            return this;
        }

        /** The part of the log memory that is changed in place, more than 0 and at most 1. Default 0.9. */
        public Builder mutableFraction(double fraction) {
            mutableFraction = fraction;
            return this;
        }

        /** The seed of the key hash. Default: secret and random, so that nobody can choose colliding keys. */
        public Builder hashSeed(long seed) {
            hashSeed = seed;
            seeded = true;
            return this;
        }

        /** Whether to ask for huge pages. Default true; a machine without them is slower, not wrong. */
        public Builder hugePages(boolean wanted) {
            hugePages = wanted;
            return this;
        }

        /**
         * Whether to take the memory of log and index when the store is opened, rather than page by page when it is first used: opening takes
         * longer, by a second or two for some GiB, and the operations behind it are as fast as they will be. Default false.
         */
        public Builder preTouch(boolean wanted) {
            preTouch = wanted;
            return this;
        }

        /**
         * Spills the log into files of this directory, so that data may be larger than memory. The directory is made if it is not there; its
         * parent is. Default: none, the store lives in memory.
         */
        public Builder directory(Path path) {
            directory = path;
            return this;
        }

        /**
         * Whether closing the store brings all of it to its files. Default true. A store whose directory is thrown away afterwards closes at once
         * with false: what is in memory is not written, and what the files hold is of no use.
         */
        public Builder keepFiles(boolean wanted) {
            keepFiles = wanted;
            return this;
        }

        /** Bytes of a file of the log, a power of two from 4 KiB to 1 TiB; at least a page is taken. Default 64 MiB. */
        public Builder segmentSize(long bytes) {
            segmentSize = bytes;
            segmented = true;
            return this;
        }

        /** How many sessions with names the store tells apart, open or closed, 1 to 65535. Default 65535. */
        public Builder maxNamedSessions(int count) {
            maxNamedSessions = count;
            return this;
        }

        /** How many checkpoints are kept, at least 2; what older ones alone need is removed. Default 2. */
        public Builder retain(int checkpoints) {
            retain = checkpoints;
            return this;
        }

        /**
         * Whether an opening goes back to an older checkpoint where the newest is damaged, or the log that it replays, so that everything committed
         * since is lost; {@link CheckpointStats#lost} says which were. Default false: the opening fails and says what is damaged.
         */
        public Builder fallBack(boolean wanted) {
            fallsBack = wanted;
            return this;
        }

        /** Who is told how far a recovery is with the log, which takes long where the image of the index is of no use. Default {@link RecoveryProgress#NONE}. */
        public Builder recoveryProgress(RecoveryProgress listener) {
            recoveryProgress = Objects.requireNonNull(listener);
            return this;
        }

        /** How files are read and written. Default {@link DeviceModel#BUFFERED}. */
        public Builder device(DeviceModel chosen) {
            model = Objects.requireNonNull(chosen);
            return this;
        }

        /** How single records are read, if not as the log is written. {@code docs/io-models.md} says what is good for what. */
        public Builder readDevice(DeviceModel chosen) {
            readModel = Objects.requireNonNull(chosen);
            return this;
        }

        /** How whole pages are read in order, by walks and checks, if not as the log is written. */
        public Builder scanDevice(DeviceModel chosen) {
            scanModel = Objects.requireNonNull(chosen);
            return this;
        }

        /** Threads that read and write: how many transfers the disk sees at once, 1 to 1024. Default 32. */
        public Builder ioThreads(int count) {
            ioThreads = count;
            return this;
        }

        /**
         * How long a thread that waits for a read from the device looks for it before it sleeps, at most a second; with
         * {@link DeviceModel#URING} past the page cache alone. Where a disk answers within some ten microseconds, the reads of a single thread take a quarter
         * less time that way, and a processor for all of it. Nobody looks while more threads
         * wait for reads of this device than there are processors, nor for a while after one that looked in vain. Where as many look as there are processors,
         * whoever else wants one makes one read in a thousand take a millisecond. {@link Duration#ZERO} lets all sleep at once: where processor time is dear,
         * or a container has a quota of it. Default 100 µs.
         */
        public Builder readSpin(Duration most) {
            readSpin = Objects.requireNonNull(most);
            return this;
        }

        /**
         * How many files of the log are open at most, at least 1; of more, each is closed behind its last reader. Fewer where the process may not open as many
         * again ({@code ulimit -n}). Default 256.
         */
        public Builder maxOpenFiles(int count) {
            maxOpenFiles = count;
            return this;
        }

        /**
         * Copies what a read took from the device to the tail of the log if the key was read from there not long before, so that the next read of a
         * hot key finds it in memory. Costs log space, and heap to tell hot keys by, at most a 64th of the log memory and 64 MiB: worth it where few
         * keys are read often. Default false.
         */
        public Builder copyReadsUp(boolean wanted) {
            copyReadsUp = wanted;
            return this;
        }

        /**
         * How many operations of one session may wait for the device at once, 1 to 4096, and of all sessions together, 1 to 8000; a session may
         * always have one. Default 128 and 4096.
         */
        public Builder maxPending(int perSession, int ofStore) {
            maxPendingPerSession = perSession;
            maxPending = ofStore;
            return this;
        }

        /** Spills to these files in place of a directory; for tests. */
        Builder files(Device injected) {
            files = injected;
            return this;
        }

        /** How this store waits and reads the clock; for tests. */
        Builder waits(Waits injected) {
            waits = injected;
            return this;
        }

        /** Which pooled session a call without a session tries first; for tests. */
        Builder stripe(IntSupplier injected) {
            stripe = injected;
            return this;
        }

        /** Who makes sure that epoch actions run; for tests. */
        Builder housekeeper(BiFunction<Epoch, Waits, Housekeeper> injected) {
            housekeeper = injected;
            return this;
        }

        /** @throws IllegalArgumentException naming the setting, its value and what it takes */
        public StoreConfig build() {
            Builder checked = copy();
            int page = pageSize != null ? pageSize
                    : Math.clamp(Long.highestOneBit(Math.max(1, memory / 64)), DEFAULT_MIN_PAGE, DEFAULT_MAX_PAGE);
            int pageBits = Integer.numberOfTrailingZeros(page);
            require(Integer.bitCount(page) == 1 && pageBits >= HybridLog.MIN_PAGE_BITS && pageBits <= HybridLog.MAX_PAGE_BITS,
                    "pageSize", page, "a power of two from " + (1 << HybridLog.MIN_PAGE_BITS) + " to " + (1 << HybridLog.MAX_PAGE_BITS));
            long least = (long) HybridLog.MIN_PAGES * page;
            require(memory >= least && memory <= 1L << 45, "memory", memory, "at least " + least + " bytes, " + HybridLog.MIN_PAGES
                    + " pages of " + page + ", and at most 2^45");
            require(memory >>> pageBits <= MAX_PAGES, "pageSize", page, "at least " + leastPage(memory) + " for a memory of " + memory
                    + " bytes: a log has at most " + MAX_PAGES + " pages");
            long checkedBuckets = buckets != null ? buckets : Math.max(64, Long.highestOneBit(memory / LOG_BYTES_PER_BUCKET));
            require(Long.bitCount(checkedBuckets) == 1 && checkedBuckets > 0 && checkedBuckets <= 1L << 39, "buckets", checkedBuckets,
                    "a power of two up to 2^39");
            MutabilityPolicy.ofFraction(mutableFraction);
            require(Long.bitCount(segmentSize) == 1 && segmentSize >= 1 << HybridLog.MIN_PAGE_BITS && segmentSize <= Identity.MAX_SEGMENT_BYTES,
                    "segmentSize", segmentSize, "a power of two from " + (1 << HybridLog.MIN_PAGE_BITS) + " to " + Identity.MAX_SEGMENT_BYTES);
            require(ioThreads >= 1 && ioThreads <= 1024, "ioThreads", ioThreads, "1 to 1024");
            require(!readSpin.isNegative() && readSpin.compareTo(MOST_READ_SPIN) <= 0, "readSpin", readSpin, Duration.ZERO + " to " + MOST_READ_SPIN);
            require(maxPendingPerSession >= 1 && maxPendingPerSession <= 4096, "maxPending per session", maxPendingPerSession, "1 to 4096");
            require(maxPending >= 1 && maxPending <= 8000, "maxPending of the store", maxPending, "1 to 8000");
            require(maxOpenFiles >= 1, "maxOpenFiles", maxOpenFiles, "at least 1");
            require(maxNamedSessions >= 1 && maxNamedSessions <= SessionTable.MAX_SESSIONS, "maxNamedSessions", maxNamedSessions,
                    "1 to " + SessionTable.MAX_SESSIONS);
            require(retain >= ManifestStore.MIN_RETAINED, "retain", retain, "at least " + ManifestStore.MIN_RETAINED);
            if (!seeded) {
                checked.hashSeed = new SecureRandom().nextLong();
            }
            return new StoreConfig(checked, pageBits, checkedBuckets);
        }

        private static long leastPage(long memory) {
            long page = 1 << HybridLog.MIN_PAGE_BITS;
            while (memory / page > MAX_PAGES) {
                page *= 2;
            }
            return page;
        }

        private Builder copy() {
            try {
                return (Builder) clone();
            } catch (CloneNotSupportedException impossible) {
                throw new AssertionError(impossible);
            }
        }

        private static void require(boolean fine, String setting, Object value, String takes) {
            if (!fine) {
                throw new IllegalArgumentException(setting + " is " + value + "; it takes " + takes);
            }
        }
    }
}
