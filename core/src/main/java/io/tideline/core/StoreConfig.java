package io.tideline.core;

import io.tideline.epoch.Epoch;
import io.tideline.epoch.Housekeeper;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.MutabilityPolicy;
import io.tideline.memory.Waits;
import java.security.SecureRandom;
import java.util.function.BiFunction;
import java.util.function.IntSupplier;

/** How a store is to be opened; immutable. */
public final class StoreConfig {
    private static final long DEFAULT_MEMORY = 256L << 20;
    private static final int DEFAULT_MIN_PAGE = 64 << 10;
    private static final int DEFAULT_MAX_PAGE = 32 << 20;
    /** Of a store whose index may use half as much memory as its log: four 32-byte records to a bucket of seven entries. */
    private static final long LOG_BYTES_PER_BUCKET = 128;

    /** Each page costs a word of heap. */
    private static final long MAX_PAGES = 1 << 22;

    private final Builder settings;
    private final int pageBits;

    private StoreConfig(Builder settings, int pageBits) {
        this.settings = settings;
        this.pageBits = pageBits;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Log memory in bytes. */
    public long memory() {
        return settings.memory;
    }

    /** Index buckets of 64 bytes, seven entries each. */
    public long buckets() {
        return settings.buckets;
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
        private long buckets;
        private int pageSize;
        private double mutableFraction = 0.9;
        private long hashSeed;
        private boolean seeded;
        private boolean hugePages = true;
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
            int page = checked.pageSize != 0 ? checked.pageSize
                    : Math.clamp(Long.highestOneBit(Math.max(1, memory / 64)), DEFAULT_MIN_PAGE, DEFAULT_MAX_PAGE);
            int pageBits = Integer.numberOfTrailingZeros(page);
            require(Integer.bitCount(page) == 1 && pageBits >= HybridLog.MIN_PAGE_BITS && pageBits <= HybridLog.MAX_PAGE_BITS,
                    "pageSize", page, "a power of two from " + (1 << HybridLog.MIN_PAGE_BITS) + " to " + (1 << HybridLog.MAX_PAGE_BITS));
            long least = (long) HybridLog.MIN_PAGES * page;
            require(memory >= least && memory <= 1L << 45, "memory", memory, "at least " + least + " bytes, " + HybridLog.MIN_PAGES
                    + " pages of " + page + ", and at most 2^45");
            require(memory >>> pageBits <= MAX_PAGES, "pageSize", page, "at least " + memory / MAX_PAGES + " for a memory of " + memory
                    + " bytes: a log has at most " + MAX_PAGES + " pages");
            if (checked.buckets == 0) {
                checked.buckets = Math.max(64, Long.highestOneBit(memory / LOG_BYTES_PER_BUCKET));
            }
            require(Long.bitCount(checked.buckets) == 1 && checked.buckets > 0 && checked.buckets <= 1L << 39, "buckets", checked.buckets,
                    "a power of two up to 2^39");
            MutabilityPolicy.ofFraction(mutableFraction);
            if (!seeded) {
                checked.hashSeed = new SecureRandom().nextLong();
            }
            return new StoreConfig(checked, pageBits);
        }

        private Builder copy() {
            try {
                return (Builder) clone();
            } catch (CloneNotSupportedException impossible) {
                throw new AssertionError(impossible);
            }
        }

        private static void require(boolean fine, String setting, long value, String takes) {
            if (!fine) {
                throw new IllegalArgumentException(setting + " is " + value + "; it takes " + takes);
            }
        }
    }
}
