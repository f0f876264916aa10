package io.tideline.hlog;

import static io.tideline.hlog.RecordLayout.GRANULE_BYTES;

import io.tideline.hlog.device.BlockingIo;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.memory.Region;
import io.tideline.memory.Waits;
import io.tideline.memory.Words;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a log from its files alone, while nobody writes to it, and checks every byte. Of a log that was closed it knows where it begins and
 * ends, so whatever is not as it was sealed is damage; so it is up to the end of the newest checkpoint of a log that was not closed. Behind
 * that, the files say how far the log goes, and where they hold no whole record either nothing was written yet or it was lost: that is unknown.
 * Of a log that never had a checkpoint it is damage all the same where bytes stand that are no record and whole pages follow that the log
 * writes only after those. Behind a checkpoint it is not, because several lives may have gone on there, each from another page.
 *
 * <p>What lies in a gap is stepped over: a file may end where one begins, or hold anything there. What is damaged costs the rest of its page.
 * Single-threaded.
 */
public final class LogAudit {
    private static final Pattern SEGMENT = Pattern.compile("log/(\\d{12})");
    /** Addresses from there on are not known in a log that was not closed. */
    public static final long OPEN_END = Long.MAX_VALUE;

    /** Told what is found, in the order of the log. */
    public interface Visitor {
        /** Something is not as it was written. The sentence names file, offset, what was expected and what was found. */
        void damaged(String sentence);

        /** Nothing can be said about the addresses from {@code from} to {@code to}, which may be {@link #OPEN_END}. */
        void unknown(long from, long to);

        /** A record or filler is whole. It stands at {@code record} during this call. */
        void whole(long address, long record, int sizeBytes);

        /** So many bytes of the log have been looked at. */
        void progressed(long bytes);

        /** Whether the rest need not be looked at; asked behind each page. */
        default boolean isSatisfied() {
            return false;
        }
    }

    /**
     * What a checkpoint says of the log.
     *
     * @param filesFrom the first address whose file may be there, because an older checkpoint needs it
     * @param begin the first address that counts
     * @param end the address behind its last byte
     */
    public record Committed(long filesFrom, long begin, long end, LogGaps gaps) {
    }

    /** A page of a log that was not closed, from whose {@code address} on nothing is whole. */
    private record Doubt(long page, long address, String damageOrNull) {
    }

    private final Device device;
    private final BlockingIo io;
    private final Identity identity;
    private final boolean isClosed;
    private final boolean isCommitted;
    private final LogGaps gaps;
    private final NavigableMap<Long, Long> segments;
    private final long pageBytes;
    private final long filesFrom;
    private final long begin;
    /** Up to here all must be as it was sealed. */
    private final long settledEnd;
    private final long end;

    /** A log that never had a checkpoint. */
    public LogAudit(Device device, Waits waits, Identity identity, Optional<CleanClose> closed) {
        this(device, waits, identity, closed, Optional.empty());
    }

    /**
     * @param closed how the store was closed, if it was
     * @param committed what its newest checkpoint says, if it has one
     */
    public LogAudit(Device device, Waits waits, Identity identity, Optional<CleanClose> closed, Optional<Committed> committed) {
        this.device = device;
        this.io = new BlockingIo(waits);
        this.identity = identity;
        this.isClosed = closed.isPresent();
        this.isCommitted = committed.isPresent();
        this.gaps = committed.map(Committed::gaps).orElse(LogGaps.NONE);
        this.segments = segments(device);
        this.pageBytes = 1L << identity.pageBits();
        this.begin = closed.map(CleanClose::begin).or(() -> committed.map(Committed::begin))
                .orElse(Math.max(LogAddress.FIRST, segments.isEmpty() ? 0 : start(segments.firstKey())));
        this.filesFrom = Math.min(begin, committed.map(Committed::filesFrom).orElse(begin));
        this.settledEnd = closed.map(CleanClose::tail).or(() -> committed.map(Committed::end)).orElse(begin);
        this.end = isClosed || segments.isEmpty() ? settledEnd
                : Math.max(settledEnd, start(segments.lastKey()) + Math.min(segments.lastEntry().getValue(), identity.segmentBytes()));
    }

    private static NavigableMap<Long, Long> segments(Device device) {
        NavigableMap<Long, Long> sizes = new TreeMap<>();
        for (String name : device.list()) {
            Matcher segment = SEGMENT.matcher(name);
            if (segment.matches()) {
                try (DeviceFile file = device.open(name)) {
                    sizes.put(Long.parseLong(segment.group(1)), file.sizeBytes());
                }
            }
        }
        return sizes;
    }

    /** The address behind the last byte that any file of the log has; 0 if there is none. */
    public static long endOfFiles(Device device, Identity identity) {
        NavigableMap<Long, Long> segments = segments(device);
        return segments.isEmpty() ? 0 : segments.lastKey() * identity.segmentBytes() + segments.lastEntry().getValue();
    }

    /** How many bytes the files of a log have together. */
    public static long bytesOfFiles(Device device) {
        return segments(device).values().stream().mapToLong(Long::longValue).sum();
    }

    /** A file of the log that does not reach as far as it must. */
    public record ShortFile(String name, long sizeBytes, long leastBytes) {
    }

    /** The first file that is missing, or too short, of those that hold the log from one address to another, its gaps left out; empty if all are long enough. */
    public static Optional<ShortFile> firstShort(Device device, Identity identity, LogGaps gaps, long from, long end) {
        NavigableMap<Long, Long> sizes = segments(device);
        long segmentBytes = identity.segmentBytes();
        for (long start = from - from % segmentBytes; start < end; start += segmentBytes) {
            long number = start / segmentBytes;
            long needed = gaps.lastNeeded(Math.min(end, start + segmentBytes));
            long leastBytes = needed > from ? needed - start : 0; // in front of what is asked for a file need not be there
            long sizeBytes = sizes.getOrDefault(number, 0L);
            if (sizeBytes < leastBytes) {
                return Optional.of(new ShortFile(Segments.name(number), sizeBytes, leastBytes));
            }
        }
        return Optional.empty();
    }

    private long start(long segment) {
        return segment * identity.segmentBytes();
    }

    /** The files of the log by their numbers, with their sizes. */
    public NavigableMap<Long, Long> segments() {
        return segments;
    }

    /** The name of the file of that number. */
    public static String nameOf(long segment) {
        return Segments.name(segment);
    }

    /** The first address that may count. */
    public long begin() {
        return begin;
    }

    /** The address behind the last byte that is looked at. */
    public long end() {
        return end;
    }

    /** Up to this address nothing is unknown: the log was closed there, or its newest checkpoint ends there. */
    public long settledEnd() {
        return settledEnd;
    }

    /** Reads everything once. */
    public void run(Visitor visitor) {
        if (isClosed || isCommitted) {
            checkSizes(visitor);
        }
        Pages pages = new Pages(visitor);
        try (pages) {
            for (long page = begin / pageBytes; page * pageBytes < end && !visitor.isSatisfied(); page++) {
                pages.check(page);
                visitor.progressed(Math.min((page + 1) * pageBytes, end) - begin);
            }
            pages.finish();
        }
    }

    /** Every file that is settled has the size that its addresses say, and of a closed log there are no others. */
    private void checkSizes(Visitor visitor) {
        long first = begin / identity.segmentBytes();
        long last = settledEnd == begin ? first : (settledEnd - 1) / identity.segmentBytes();
        for (long number = first; number <= last; number++) {
            Long size = segments.get(number);
            long segmentEnd = Math.min(settledEnd, start(number) + identity.segmentBytes());
            long most = isClosed ? segmentEnd - start(number) : identity.segmentBytes();
            long least = Math.max(gaps.lastNeeded(segmentEnd) - start(number), 0);
            if (settledEnd == begin && (size == null || size <= most)) {
                continue; // nothing was written since the log was emptied
            }
            if (size == null) {
                if (least > 0) {
                    visitor.damaged(Segments.name(number) + ", offset 0: expected a file of " + least + " bytes, found none");
                }
            } else if (size < least || size > most) {
                long expected = size < least ? least : most;
                visitor.damaged(Segments.name(number) + ", offset " + Math.min(size, expected) + ": expected the end of the file at " + expected
                        + ", found it at " + size);
            }
        }
        for (Map.Entry<Long, Long> segment : segments.entrySet()) {
            if (segment.getKey() < filesFrom / identity.segmentBytes() || isClosed && segment.getKey() > last) {
                visitor.damaged(Segments.name(segment.getKey()) + ", offset 0: expected no such file, because the log goes from address " + begin
                        + " to " + settledEnd + ", found one of " + segment.getValue() + " bytes");
            }
        }
    }

    /** Looks at one page after the other. */
    private final class Pages implements AutoCloseable {
        private final Visitor visitor;
        private final PageSeal seal = new PageSeal(identity.storeId());
        private final Region page = Region.allocate(pageBytes, false);
        /** Pages of a log that was not closed about which later ones may still say something. */
        private final ArrayDeque<Doubt> doubts = new ArrayDeque<>();
        private long openNumber = -1;
        private DeviceFile openFile;
        /** What of the page is in its file. */
        private int presentBytes;

        Pages(Visitor visitor) {
            this.visitor = visitor;
        }

        void check(long number) {
            long start = number * pageBytes;
            load(start, (int) (Math.min(start + pageBytes, end) - start));
            if (number == 0) {
                checkBeforeFirst();
            }
            long pageEnd = Math.min(start + pageBytes, end);
            boolean isWhole = true;
            for (long at = gaps.pass(Math.max(start, begin)); at < pageEnd; ) {
                long stretchEnd = gaps.readableEnd(at, pageEnd);
                stretchEnd = at < settledEnd ? Math.min(stretchEnd, settledEnd) : stretchEnd;
                isWhole &= checkStretch(number, at, stretchEnd);
                at = gaps.pass(stretchEnd);
            }
            if (isWhole) {
                judgeBefore(number);
            }
        }

        /** Whether all records from one address to another, which are borders of records, are whole. */
        private boolean checkStretch(long number, long from, long to) {
            long start = number * pageBytes;
            long at = from;
            while (at < to) {
                int sizeBytes = present(at - start) >= GRANULE_BYTES ? PageSeal.sizeBytes(page.address() + at - start, to - at) : -1;
                if (sizeBytes < 0 || sizeBytes > present(at - start) || !seal.isIntact(at, page.address() + at - start, sizeBytes)) {
                    notWhole(number, at, sizeBytes);
                    return false;
                }
                RecordLayout.requireKnown(Words.get(page.address() + at - start), at);
                visitor.whole(at, page.address() + at - start, sizeBytes);
                at += sizeBytes;
            }
            return true;
        }

        private long present(long offsetInPage) {
            return presentBytes - offsetInPage;
        }

        private void load(long address, int lengthBytes) {
            long number = address / identity.segmentBytes();
            open(number);
            long offset = address - start(number);
            presentBytes = openFile == null ? 0 : Math.clamp(segments.get(number) - offset, 0, lengthBytes);
            if (presentBytes > 0) {
                io.read(openFile, offset, page.address(), presentBytes);
            }
            Words.zero(page.address() + (presentBytes & -Long.BYTES), pageBytes - (presentBytes & -Long.BYTES));
        }

        private void open(long number) {
            if (openNumber != number) {
                closeFile();
                openNumber = number;
                openFile = segments.containsKey(number) ? device.open(Segments.name(number)) : null;
            }
        }

        /** In front of the first record nothing was ever written. */
        private void checkBeforeFirst() {
            for (int offset = 0; offset < LogAddress.FIRST; offset++) {
                byte found = Words.getByte(page.address() + offset);
                if (found != 0) {
                    visitor.damaged(Segments.name(0) + ", offset " + offset + ": expected a byte of 0 in front of the first record, found 0x"
                            + Integer.toHexString(found & 0xFF));
                }
            }
        }

        private void notWhole(long number, long at, int sizeBytes) {
            long offsetInPage = at - number * pageBytes;
            long record = page.address() + offsetInPage;
            boolean cutOff = present(offsetInPage) < Math.max(sizeBytes, GRANULE_BYTES);
            String damage = cutOff ? null : seal.damage(Segments.name(openNumber), at - start(openNumber), at, record, sizeBytes);
            if (at >= settledEnd) {
                doubts.add(new Doubt(number, at, isCommitted || isEmptyFrom(offsetInPage) ? null : damage));
            } else if (!cutOff) {
                visitor.damaged(damage); // where the file is cut off, its size has said so
            }
        }

        private boolean isEmptyFrom(long offsetInPage) {
            for (long at = offsetInPage; at < presentBytes; at += Long.BYTES) {
                if (Words.get(page.address() + at) != 0) {
                    return false;
                }
            }
            return true;
        }

        /** A page is whole: what the log had to write before that is damaged, not missing. */
        private void judgeBefore(long number) {
            while (!doubts.isEmpty() && doubts.peek().page() + Flusher.MAX_WRITES <= number) {
                Doubt doubt = doubts.remove();
                if (doubt.damageOrNull() != null) {
                    visitor.damaged(doubt.damageOrNull());
                } else {
                    visitor.unknown(doubt.address(), (doubt.page() + 1) * pageBytes);
                }
            }
        }

        /** Says what nobody knows. */
        void finish() {
            if (isClosed) {
                return;
            }
            long last = end;
            long lastPage = (end + pageBytes - 1) / pageBytes;
            while (!doubts.isEmpty() && doubts.peekLast().page() + 1 == lastPage) {
                lastPage = doubts.peekLast().page();
                last = doubts.removeLast().address();
            }
            doubts.forEach(doubt -> visitor.unknown(doubt.address(), (doubt.page() + 1) * pageBytes));
            visitor.unknown(last, OPEN_END);
        }

        private void closeFile() {
            if (openFile != null) {
                openFile.close();
                openFile = null;
            }
        }

        @Override
        public void close() {
            closeFile();
            page.close();
        }
    }
}
