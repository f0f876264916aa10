package io.tideline.checkpoint;

import io.tideline.fault.FormatFault;
import io.tideline.hlog.HybridLog;
import io.tideline.hlog.Identity;
import io.tideline.hlog.format.SealedKind;
import io.tideline.hlog.format.SealedPayload;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * From a manifest to the payload of its file and back. There is one payload for each manifest: what is read and written again is the same.
 * What is read takes at most as much memory as the file, and a megabyte.
 */
final class ManifestCodec {
    static final SealedKind KIND = new SealedKind(3, 1);

    private ManifestCodec() {
    }

    // --- to bytes ---

    static byte[] encode(Manifest manifest) {
        Output output = new Output();
        int section = output.begin(ManifestLayout.CHECKPOINT);
        Manifest.Configuration configuration = manifest.configuration();
        Manifest.Log log = manifest.log();
        output.words(manifest.version(), manifest.kind().code, manifest.logStyle().code, manifest.durability().code, manifest.createdAt(),
                configuration.pageBytes(), configuration.segmentBytes(), configuration.hashSeed(),
                log.begin(), log.cut(), log.end(), log.durableEnd(), manifest.nextSessionId());
        output.end(section);
        encodeRows(output, ManifestLayout.SKIPPED, SkippedRange.pack(manifest.skipped()).words());
        encodeRows(output, ManifestLayout.UNDONE, UndoneRange.pack(manifest.undone()).words());
        manifest.image().ifPresent(image -> encodeRows(output, ManifestLayout.IMAGE,
                image.number(), image.buckets(), image.overflowBuckets(), image.replayFrom()));
        manifest.snapshot().ifPresent(snapshot -> encodeRows(output, ManifestLayout.SNAPSHOT, snapshot.number(), snapshot.from(), snapshot.end()));
        encodeSessions(output, manifest.sessions());
        encodeCookie(output, manifest.cookie());
        encodeTables(output, manifest.tables());
        encodeSessionCookies(output, manifest.sessions().cookies());
        return output.bytes();
    }

    private static void encodeRows(Output output, int number, long... words) {
        if (words.length > 0) {
            int section = output.begin(number);
            output.words(words);
            output.end(section);
        }
    }

    private static void encodeSessions(Output output, SessionTable sessions) {
        if (sessions.isEmpty()) {
            return;
        }
        int section = output.begin(ManifestLayout.SESSIONS);
        output.words(sessions.size());
        long[] words = sessions.words();
        for (int at = 0; at < words.length; at += SessionTable.WORDS) {
            long nameBegin = at == 0 ? 0 : words[at - 1];
            output.words(words[at], words[at + 1], words[at + 2] - nameBegin);
        }
        output.padded(ByteBuffer.wrap(sessions.names()));
        output.end(section);
    }

    private static void encodeCookie(Output output, Opaque cookie) {
        if (cookie.lengthBytes() > 0) {
            int section = output.begin(ManifestLayout.COOKIE);
            output.words(cookie.lengthBytes());
            output.padded(cookie.view());
            output.end(section);
        }
    }

    private static void encodeTables(Output output, Map<String, Opaque> tables) {
        if (tables.isEmpty()) {
            return;
        }
        int section = output.begin(ManifestLayout.TABLES);
        output.words(tables.size());
        tables.forEach((name, value) -> {
            byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
            output.words(utf8.length, value.lengthBytes());
            output.padded(ByteBuffer.wrap(utf8));
            output.padded(value.view());
        });
        output.end(section);
    }

    private static void encodeSessionCookies(Output output, SessionCookies cookies) {
        long[] words = cookies.words();
        if (words.length == 0) {
            return;
        }
        int section = output.begin(ManifestLayout.SESSION_COOKIES);
        output.words(words.length / SessionCookies.WORDS);
        for (int at = 0; at < words.length; at += SessionCookies.WORDS) {
            output.words(words[at], words[at + 1] - (at == 0 ? 0 : words[at - 1]));
        }
        output.padded(ByteBuffer.wrap(cookies.bytes()));
        output.end(section);
    }

    /** A payload that grows. */
    private static final class Output {
        private ByteBuffer buffer = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);

        private void reserve(long lengthBytes) {
            if (buffer.remaining() < lengthBytes) {
                int capacity = Math.toIntExact(Math.max(2L * buffer.capacity(), buffer.position() + lengthBytes));
                buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
            }
        }

        void words(long... words) {
            reserve((long) words.length * Long.BYTES);
            for (long word : words) {
                buffer.putLong(word);
            }
        }

        void padded(ByteBuffer bytes) {
            reserve(bytes.remaining() + Long.BYTES);
            buffer.put(bytes);
            while (buffer.position() % Long.BYTES != 0) {
                buffer.put((byte) 0);
            }
        }

        /** Where the section begins. */
        int begin(int number) {
            words(number, 0);
            return buffer.position();
        }

        void end(int section) {
            buffer.putLong(section - Long.BYTES, buffer.position() - section);
        }

        byte[] bytes() {
            return Arrays.copyOf(buffer.array(), buffer.position());
        }
    }

    // --- from bytes ---

    /**
     * The manifest that the file of a generation holds.
     *
     * @throws io.tideline.fault.CorruptionFault if no manifest of that generation was written so
     * @throws FormatFault if it is of another store, of another configuration, or has what this version does not know
     */
    static Manifest decode(SealedPayload payload, Identity identity, long generation) {
        if (payload.storeId() != identity.storeId()) {
            throw new FormatFault(payload.path() + " belongs to the store 0x" + Long.toHexString(payload.storeId()) + " and not to the store 0x"
                    + Long.toHexString(identity.storeId()) + " of this directory; put back the file that was there");
        }
        if (payload.sequence(1) != generation) {
            throw payload.wrongSequence(generation);
        }
        payload.word("the number of the first section", ManifestLayout.CHECKPOINT, ManifestLayout.CHECKPOINT);
        ManifestBuilder builder = new ManifestBuilder(Manifest.Configuration.of(identity)).generation(generation);
        Sections sections = new Sections(payload, builder, generation);
        sections.section(ManifestLayout.CHECKPOINT);
        requireConfiguration(payload.path(), sections.configuration, Manifest.Configuration.of(identity));
        sections.others();
        return sections.build();
    }

    private static void requireConfiguration(String path, Manifest.Configuration found, Manifest.Configuration expected) {
        if (!found.equals(expected)) {
            throw new FormatFault(path + " was written by a store of another configuration, " + found + ", where the file IDENTITY says " + expected
                    + "; put back the file that was there");
        }
    }

    /** Reads section after section into a builder. */
    private static final class Sections {
        private final SealedPayload payload;
        private final ManifestBuilder builder;
        private final long generation;
        private Manifest.Configuration configuration;
        private LogStyle style;
        private Manifest.Log log;
        private long nextSessionId;
        private SessionTable sessions = SessionTable.of(List.of());
        private boolean hasSnapshot;

        Sections(SealedPayload payload, ManifestBuilder builder, long generation) {
            this.payload = payload;
            this.builder = builder;
            this.generation = generation;
        }

        void others() {
            long previous = ManifestLayout.CHECKPOINT;
            while (payload.hasRemaining()) {
                long number = payload.word("the number of a section", previous + 1, Long.MAX_VALUE);
                if (number > ManifestLayout.LAST) {
                    throw new FormatFault(payload.path() + " has a section " + number + ", which format " + payload.version()
                            + " does not have as far as this version of Tideline knows; open it with the version that wrote it");
                }
                section((int) number);
                previous = number;
            }
        }

        /** Reads a section whose number was read. */
        void section(int number) {
            long length = payload.word("the length of section " + number, Long.BYTES, Long.MAX_VALUE);
            payload.requireRoom("section " + number, length);
            int begin = payload.offset();
            switch (number) {
                case ManifestLayout.CHECKPOINT -> checkpoint();
                case ManifestLayout.SKIPPED -> skipped(length);
                case ManifestLayout.UNDONE -> undone(length);
                case ManifestLayout.IMAGE -> image();
                case ManifestLayout.SNAPSHOT -> snapshot();
                case ManifestLayout.SESSIONS -> sessions();
                case ManifestLayout.COOKIE -> builder.cookie(Opaque.owning(padded("the cookie", payload.word("the cookie's length", 1, Manifest.MAX_COOKIE_BYTES))));
                case ManifestLayout.TABLES -> tables();
                case ManifestLayout.SESSION_COOKIES -> sessionCookies();
                default -> throw new AssertionError("section " + number);
            }
            if (payload.offset() - begin != length) {
                throw payload.damage(begin - Long.BYTES, "the length of section " + number, length + "", (payload.offset() - begin) + "");
            }
        }

        private void checkpoint() {
            builder.version(payload.word("the version"));
            builder.kind(CheckpointKind.of(payload.word("the kind of checkpoint", 1, CheckpointKind.values().length)));
            style = LogStyle.of(payload.word("the style of the log", 1, LogStyle.values().length));
            builder.durability(Durability.of(payload.word("the durability", 1, Durability.values().length)));
            builder.createdAt(payload.word("the time of creation", 0, Manifest.MAX_CREATED_AT));
            configuration = configuration();
            long begin = Addresses.read(payload, "the log's begin", Addresses.FIRST);
            long cut = Addresses.read(payload, "the log's cut", begin);
            long end = Addresses.read(payload, "the log's end", cut);
            long durableEnd = Addresses.read(payload, "the end of the log's files", Manifest.leastDurableEnd(style, begin, end));
            log = new Manifest.Log(begin, cut, end, durableEnd);
            builder.foldedOver(log);
            nextSessionId = payload.word("the next session's id", 1, Long.MAX_VALUE);
        }

        private Manifest.Configuration configuration() {
            long pageBytes = payload.word("the page size");
            if (!Manifest.Configuration.isPage(pageBytes)) {
                throw payload.wrong("the page size", pageBytes, "a power of two from 2^" + HybridLog.MIN_PAGE_BITS + " to 2^" + HybridLog.MAX_PAGE_BITS);
            }
            long segmentBytes = payload.word("the segment size");
            if (!Manifest.Configuration.isSegment(segmentBytes, pageBytes)) {
                throw payload.wrong("the segment size", segmentBytes, "a power of two from " + pageBytes + " to " + Identity.MAX_SEGMENT_BYTES);
            }
            return new Manifest.Configuration(pageBytes, segmentBytes, payload.word("the hash seed"));
        }

        /** Memory for so many bytes of rows, which are known to be there. */
        private long[] rows(int number, long lengthBytes, int rowWords, int maxRows) {
            if (lengthBytes % (rowWords * Long.BYTES) != 0 || lengthBytes > (long) maxRows * rowWords * Long.BYTES) {
                throw payload.wrong("the length of section " + number, lengthBytes, "a multiple of " + rowWords * Long.BYTES + " up to "
                        + (long) maxRows * rowWords * Long.BYTES);
            }
            return new long[(int) (lengthBytes / Long.BYTES)];
        }

        private void skipped(long lengthBytes) {
            long[] words = rows(ManifestLayout.SKIPPED, lengthBytes, SkippedRange.WORDS, Manifest.MAX_RANGES);
            long end = Addresses.FIRST;
            for (int at = 0; at < words.length; ) {
                long from = Addresses.read(payload, "the begin of a skipped range", end);
                end = Addresses.read(payload, "the end of a skipped range", from + 1);
                words[at++] = from;
                words[at++] = end;
            }
            builder.skipped(SkippedRange.packed(words));
        }

        private void undone(long lengthBytes) {
            long[] words = rows(ManifestLayout.UNDONE, lengthBytes, UndoneRange.WORDS, Manifest.MAX_RANGES);
            long tail = Addresses.FIRST;
            for (int at = 0; at < words.length; ) {
                long cut = Addresses.read(payload, "the cut of an undone range", tail);
                long end = Addresses.read(payload, "the end of an undone range", cut);
                long parity = payload.word("the parity of an undone range", 0, 1);
                tail = Addresses.read(payload, "the tail behind an undone range", Math.max(end, cut + 1));
                words[at++] = cut;
                words[at++] = end;
                words[at++] = parity;
                words[at++] = tail;
            }
            builder.undone(UndoneRange.packed(words));
        }

        private void image() {
            long number = payload.word("the image's checkpoint", 1, generation);
            long buckets = payload.word("the image's buckets");
            if (!Manifest.Image.isBuckets(buckets)) {
                throw payload.wrong("the image's buckets", buckets, "a power of two up to " + Manifest.MAX_BUCKETS);
            }
            long overflowBuckets = payload.word("the image's overflow buckets", 0, Manifest.MAX_OVERFLOW_BUCKETS);
            builder.image(new Manifest.Image(number, buckets, overflowBuckets,
                    Addresses.read(payload, "where the replay of the image begins", Addresses.FIRST)));
        }

        private void snapshot() {
            if (style != LogStyle.SNAPSHOT) {
                throw payload.damage(payload.offset(), "a snapshot", "there", "none where the log was folded over");
            }
            hasSnapshot = true;
            long number = payload.word("the snapshot's checkpoint", 1, generation);
            long from = Addresses.read(payload, "the begin of the snapshot", Addresses.FIRST);
            if (from > log.durableEnd()) {
                throw payload.wrong("the begin of the snapshot", from, "at most " + log.durableEnd() + ", the end of the log's files");
            }
            long end = Addresses.read(payload, "the end of the snapshot", Math.max(from, log.end()));
            builder.snapshot(log, new Manifest.Snapshot(number, from, end));
        }

        private void sessions() {
            int count = (int) payload.word("the number of sessions", 1, SessionTable.MAX_SESSIONS);
            payload.requireRoom("the sessions", (long) count * SessionTable.WORDS * Long.BYTES);
            long[] words = new long[count * SessionTable.WORDS];
            long id = 0;
            int end = 0;
            for (int at = 0; at < words.length; ) {
                id = payload.word("a session's id", id + 1, nextSessionId - 1);
                words[at++] = id;
                words[at++] = payload.word("a session's durable serial", 0, Long.MAX_VALUE);
                end += (int) payload.word("the length of a session's name", 0, SessionPoint.MAX_NAME_BYTES);
                words[at++] = end;
            }
            int namesOffset = payload.offset();
            byte[] names = padded("the sessions' names", end);
            new Names(payload).check(words, names, namesOffset);
            SessionTable table = new SessionTable(words, names, SessionCookies.NONE);
            int second = table.repeatedName();
            if (second >= 0) {
                throw payload.damage(namesOffset, "the name of session " + words[second * SessionTable.WORDS], "that of an earlier one", "its own");
            }
            sessions = table;
        }

        /** The sessions were read: theirs is an earlier section. */
        private void sessionCookies() {
            int count = (int) payload.word("the number of sessions' cookies", 1, SessionTable.MAX_SESSIONS);
            payload.requireRoom("the sessions' cookies", (long) count * SessionCookies.WORDS * Long.BYTES);
            long[] words = new long[count * SessionCookies.WORDS];
            long[] rows = sessions.words();
            int row = 0;
            int end = 0;
            for (int at = 0; at < words.length; ) {
                int offset = payload.offset();
                long id = payload.word("the id of a session with a cookie", 1, nextSessionId - 1);
                while (row < rows.length && rows[row] < id) {
                    row += SessionTable.WORDS;
                }
                if (row == rows.length || rows[row] != id) {
                    throw payload.damage(offset, "the id of a session with a cookie", id + "", "that of a session, behind the one before");
                }
                row += SessionTable.WORDS;
                words[at++] = id;
                end += (int) payload.word("the length of a session's cookie", 1, SessionPoint.MAX_COOKIE_BYTES);
                words[at++] = end;
            }
            sessions = new SessionTable(rows, sessions.names(), new SessionCookies(words, padded("the sessions' cookies", end)));
        }

        private byte[] padded(String field, long lengthBytes) {
            payload.requireRoom(field, lengthBytes);
            byte[] bytes = new byte[(int) lengthBytes];
            payload.bytes(field, ByteBuffer.wrap(bytes));
            payload.padding();
            return bytes;
        }

        private void tables() {
            int count = (int) payload.word("the number of tables", 1, Manifest.MAX_TABLES);
            TreeMap<String, Opaque> tables = new TreeMap<>();
            Names names = new Names(payload);
            for (int i = 0; i < count; i++) {
                int nameBytes = (int) payload.word("the length of a table's name", 1, SessionPoint.MAX_NAME_BYTES);
                long valueBytes = payload.word("the length of a table's value", 0, Manifest.MAX_TABLE_BYTES);
                int offset = payload.offset();
                byte[] utf8 = padded("a table's name", nameBytes);
                names.check(utf8, 0, nameBytes, offset);
                String name = new String(utf8, StandardCharsets.UTF_8);
                if (!tables.isEmpty() && name.compareTo(tables.lastKey()) <= 0) {
                    throw payload.damage(offset, "a table's name", "'" + name + "'", "one behind '" + tables.lastKey() + "'");
                }
                tables.put(name, Opaque.owning(padded("a table's value", valueBytes)));
            }
            builder.tables(tables);
        }

        Manifest build() {
            if (style == LogStyle.SNAPSHOT && !hasSnapshot) {
                throw payload.damage(payload.offset(), "a snapshot", "missing", "one, as the style of the log is");
            }
            return builder.sessions(sessions, nextSessionId).build();
        }
    }
}
