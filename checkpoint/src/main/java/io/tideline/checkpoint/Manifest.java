package io.tideline.checkpoint;

import io.tideline.hlog.CleanClose;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.Identity;
import io.tideline.hlog.LogSnapshot;
import io.tideline.index.BucketLayout;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one checkpoint consists of, and all that a recovery has to know; immutable. Made by a {@link ManifestBuilder}.
 *
 * @param generation the number of the manifest and of the checkpoint's own files, from 1 on
 * @param version of the records that the checkpoint holds; all 64 bits, so it may come round
 * @param createdAt milliseconds since 1970
 * @param undone what recoveries took back, in the order of addresses
 * @param skipped ranges that hold nothing, in the order of addresses
 * @param image of the index; where there is none, the index is made from all of the log
 * @param snapshot the end of the log, there exactly if the style is {@link LogStyle#SNAPSHOT}
 * @param sessions in the order of their ids
 * @param nextSessionId greater than all ids that were ever given
 * @param cookie what the user gave, 0 to {@value #MAX_COOKIE_BYTES} bytes
 * @param tables what typed views keep, by name
 */
public record Manifest(long generation, long version, CheckpointKind kind, LogStyle logStyle, Durability durability, long createdAt,
        Configuration configuration, Log log, List<SkippedRange> skipped, List<UndoneRange> undone, Optional<Image> image,
        Optional<Snapshot> snapshot, SessionTable sessions, long nextSessionId, Opaque cookie, SortedMap<String, Opaque> tables) {
    public static final int MAX_COOKIE_BYTES = 1 << 16;
    /** The most ranges of a kind. */
    public static final int MAX_RANGES = 1 << 20;
    public static final int MAX_TABLES = 256;
    public static final int MAX_TABLE_BYTES = 1 << 16;
    /** The end of the year 9999. */
    static final long MAX_CREATED_AT = 253_402_300_799_999L;
    static final long MAX_BUCKETS = 1L << BucketLayout.MAX_BUCKET_BITS - BucketLayout.SIZE_SHIFT;
    static final long MAX_OVERFLOW_BUCKETS = 1L << 48;

    /** What the log's bytes and the index cannot be read without; the same in all checkpoints of a store. */
    public record Configuration(long pageBytes, long segmentBytes, long hashSeed) {
        public Configuration {
            if (!isPage(pageBytes) || !isSegment(segmentBytes, pageBytes)) {
                throw new IllegalArgumentException("pages of " + pageBytes + " bytes in segments of " + segmentBytes + "; both are powers of two, pages of 2^"
                        + HybridLog.MIN_PAGE_BITS + " to 2^" + HybridLog.MAX_PAGE_BITS + ", segments at least a page");
            }
        }

        public static Configuration of(Identity identity) {
            return new Configuration(1L << identity.pageBits(), identity.segmentBytes(), identity.hashSeed());
        }

        static boolean isPage(long bytes) {
            return Long.bitCount(bytes) == 1 && bytes >= 1L << HybridLog.MIN_PAGE_BITS && bytes <= 1L << HybridLog.MAX_PAGE_BITS;
        }

        static boolean isSegment(long bytes, long pageBytes) {
            return Long.bitCount(bytes) == 1 && bytes >= pageBytes && bytes <= Identity.MAX_SEGMENT_BYTES;
        }
    }

    /**
     * Where the log was cut.
     *
     * @param begin the first address that counts
     * @param cut the tail just before operations of the next version began: below it all records are of the checkpoint
     * @param end behind it none is; between the two the parity of a record tells
     * @param durableEnd up to here the log's own files are complete, and synced if the checkpoint is; at least {@code end} where it was folded over
     */
    public record Log(long begin, long cut, long end, long durableEnd) {
        public Log {
            Addresses.require("the log's begin", begin, Addresses.FIRST);
            Addresses.require("the log's cut", cut, begin);
            Addresses.require("the log's end", end, cut);
            Addresses.require("the end of the log's files", durableEnd, begin);
        }
    }

    /**
     * An image of the index.
     *
     * @param number of the checkpoint whose files hold it
     * @param buckets a power of two
     * @param replayFrom no record below it is missing in the image
     */
    public record Image(long number, long buckets, long overflowBuckets, long replayFrom) {
        public Image {
            if (number < 1 || !isBuckets(buckets) || overflowBuckets < 0 || overflowBuckets > MAX_OVERFLOW_BUCKETS) {
                throw new IllegalArgumentException("an image of checkpoint " + number + " with " + buckets + " buckets and " + overflowBuckets
                        + " overflow buckets; checkpoints begin with 1, buckets are a power of two up to " + MAX_BUCKETS + ", the others up to "
                        + MAX_OVERFLOW_BUCKETS);
            }
            Addresses.require("where the replay of an image begins", replayFrom, Addresses.FIRST);
        }

        static boolean isBuckets(long buckets) {
            return Long.bitCount(buckets) == 1 && buckets >= 1 && buckets <= MAX_BUCKETS;
        }
    }

    /**
     * The end of the log, written aside.
     *
     * @param number of the checkpoint whose files hold it
     * @param from its first address: below it the log's own files hold the log
     * @param end the address behind its last, at least the log's end
     */
    public record Snapshot(long number, long from, long end) {
        public Snapshot {
            if (number < 1) {
                throw new IllegalArgumentException("a snapshot of checkpoint " + number + "; they begin with 1");
            }
            Addresses.require("the begin of a snapshot", from, Addresses.FIRST);
            Addresses.require("the end of a snapshot", end, from);
        }

        /** What its file holds. */
        public LogSnapshot pages() {
            return new LogSnapshot(from, end);
        }
    }

    public Manifest {
        if (generation < 1 || createdAt < 0 || createdAt > MAX_CREATED_AT) {
            throw new IllegalArgumentException("generation " + generation + ", created at " + createdAt + " ms; generations begin with 1, times are 0 to "
                    + MAX_CREATED_AT);
        }
        if (snapshot.isPresent() != (logStyle == LogStyle.SNAPSHOT)) {
            throw new IllegalArgumentException("a log of the style " + logStyle + " with " + snapshot + "; a snapshot belongs to its style");
        }
        Addresses.require("the end of the log's files", log.durableEnd, leastDurableEnd(logStyle, log.begin, log.end));
        if (snapshot.isPresent()) {
            Addresses.require("the end of the log's files", log.durableEnd, snapshot.get().from);
            Addresses.require("the end of a snapshot", snapshot.get().end, log.end);
        }
        long named = Math.max(image.map(Image::number).orElse(0L), snapshot.map(Snapshot::number).orElse(0L));
        if (named > generation) {
            throw new IllegalArgumentException("generation " + generation + " names the files of checkpoint " + named + ", which is later");
        }
        if (skipped.size() > MAX_RANGES || undone.size() > MAX_RANGES) {
            throw new IllegalArgumentException(skipped.size() + " skipped and " + undone.size() + " undone ranges; a manifest takes " + MAX_RANGES + " each");
        }
        skipped = SkippedRange.pack(skipped);
        undone = UndoneRange.pack(undone);
        if (nextSessionId < 1 || !sessions.isEmpty() && sessions.getLast().id() >= nextSessionId) {
            throw new IllegalArgumentException("the next session is " + nextSessionId + "; it takes more than every id, and at least 1");
        }
        if (cookie.lengthBytes() > MAX_COOKIE_BYTES) {
            throw new IllegalArgumentException("a cookie of " + cookie.lengthBytes() + " bytes; it takes up to " + MAX_COOKIE_BYTES);
        }
        tables = copyOf(tables);
    }

    private static SortedMap<String, Opaque> copyOf(SortedMap<String, Opaque> tables) {
        TreeMap<String, Opaque> copy = new TreeMap<>();
        tables.forEach((name, value) -> {
            SessionPoint.requireName("a table's name", name);
            if (value.lengthBytes() > MAX_TABLE_BYTES) {
                throw new IllegalArgumentException("the table '" + name + "' has " + value.lengthBytes() + " bytes; it takes up to " + MAX_TABLE_BYTES);
            }
            copy.put(name, value);
        });
        if (copy.size() > MAX_TABLES) {
            throw new IllegalArgumentException(copy.size() + " tables; a manifest takes up to " + MAX_TABLES);
        }
        return Collections.unmodifiableSortedMap(copy);
    }

    /** How far the log's own files reach at least. */
    static long leastDurableEnd(LogStyle style, long begin, long end) {
        return style == LogStyle.FOLD_OVER ? end : begin;
    }

    /** The end of what is needed of the log's own files: what follows is in the snapshot, or does not count. */
    public long keptEnd() {
        return snapshot.map(Snapshot::from).orElse(log.end);
    }

    /** The parity of {@link #version}, as records have it. */
    public int parity() {
        return (int) (version & 1);
    }

    /** Whether a store was closed with this one; builds that did not tell which had closed it with this log. */
    public boolean isOf(CleanClose close) {
        return close.tail() == log.end() && close.checkpoint() <= generation;
    }

    /** The same values, to be changed into another manifest. */
    public ManifestBuilder toBuilder() {
        return new ManifestBuilder(this);
    }
}
