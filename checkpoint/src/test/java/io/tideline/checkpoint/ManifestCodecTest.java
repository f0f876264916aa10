package io.tideline.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.CorruptionFault;
import io.tideline.fault.FormatFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.TakenMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What is read is what was written, or nothing. */
final class ManifestCodecTest {
    private static final int MEBIBYTE = 1 << 20;
    private static final Manifest SAMPLE = Manifests.sample(7);

    private static SplittableRandom random(String test) {
        long seed = Long.getLong("tideline.seed", new SplittableRandom().nextLong());
        System.out.println("ManifestCodecTest." + test + " -Dtideline.seed=" + seed);
        return new SplittableRandom(seed);
    }

    // --- there and back ---

    @Test
    void shouldReadBackWhatItWrote() {
        SplittableRandom random = random("shouldReadBackWhatItWrote");
        for (int i = 0; i < 500; i++) {
            Manifest manifest = Manifests.random(random);
            byte[] file = Manifests.file(manifest);
            Manifest read = Manifests.decode(file, manifest.generation());
            assertEquals(manifest, read);
            assertEquals(manifest.hashCode(), read.hashCode());
            assertArrayEquals(file, Manifests.file(read));
            assertArrayEquals(file, Manifests.file(read.toBuilder().build()));
        }
    }

    @Test
    void shouldKeepNumbersThatComeRound() {
        for (long version : new long[] {0, -1, Long.MAX_VALUE, Long.MIN_VALUE, 0xFFFF_FFFFL, 1L << 32}) {
            Manifest manifest = SAMPLE.toBuilder().generation(Long.MAX_VALUE).version(version).build();
            Manifest read = Manifests.decode(Manifests.file(manifest), Long.MAX_VALUE);
            assertEquals(manifest, read);
            assertEquals(version & 1, read.parity());
        }
        assertEquals(1, SAMPLE.toBuilder().version(Long.MAX_VALUE).build().parity());
        assertEquals(0, SAMPLE.toBuilder().version(Long.MAX_VALUE + 1).build().parity());
    }

    /** Written by the first version of the format; every later version reads it. */
    @Test
    void shouldReadAFileOfTheFirstVersion() throws IOException {
        try (InputStream golden = ManifestCodecTest.class.getResourceAsStream("MANIFEST-7.v1")) {
            byte[] file = golden.readAllBytes();
            Manifest first = SAMPLE.toBuilder().sessions(SAMPLE.sessions().stream()
                    .map(session -> new SessionPoint(session.id(), session.name(), session.durableSerial())).toList(), SAMPLE.nextSessionId()).build();
            assertEquals(first, Manifests.decode(file, 7));
            assertArrayEquals(file, Manifests.file(first), "the format changed, so its version must");
        }
    }

    /** The words of docs/formats.md; a change here is a change of the format. */
    @Test
    void shouldLayWordsOutAsDocumented() {
        ByteBuffer payload = ByteBuffer.wrap(ManifestCodec.encode(SAMPLE)).order(ByteOrder.LITTLE_ENDIAN);
        long[] expected = {
            1, 104, 0x1_0000_0001L, 3, 2, 2, 1_790_000_000_123L, 4096, 65536, -3, 64, 8192, 8256, 4096, 9,
            2, 32, 1024, 2048, 2048, 4096,
            3, 32, 512, 640, 1, 1024,
            4, 32, 6, 1024, 3, 2048,
            5, 24, 7, 4096, 8704,
            6, 96, 3, 1, 17, 6, 3, 0, 0, 4, Long.MAX_VALUE, 6, 0x84_C3_31_20_65_6E_61_6CL, 0x72_65_67_72L,
            7, 16, 3, 0x03_02_01L,
            8, 72, 2, 5, 0, 0x79_74_70_6D_65L, 5, 9, 0x73_72_65_73_75L, 0x02_03_04_05_06_07_08_09L, 1,
            9, 32, 1, 4, 2, 0x06_05L};
        long[] found = new long[payload.remaining() / 8];
        payload.asLongBuffer().get(found);
        assertEquals(hex(expected), hex(found));
    }

    private static List<String> hex(long[] words) {
        return Arrays.stream(words).mapToObj(Long::toHexString).toList();
    }

    // --- damage ---

    private static void assertRefused(byte[] file, String what) {
        StoreFault fault = assertThrows(StoreFault.class, () -> Manifests.decode(file, 7), what);
        assertTrue(fault instanceof CorruptionFault || fault instanceof FormatFault, () -> what + ": " + fault);
    }

    @Test
    void shouldRefuseEveryFlippedBit() {
        byte[] file = Manifests.file(SAMPLE.toBuilder().cookie(Opaque.of(new byte[4000])).build());
        assertEquals(8192, file.length);
        for (int bit = 0; bit < file.length * 8; bit++) {
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
            assertRefused(file, "bit " + bit);
            file[bit >> 3] ^= (byte) (1 << (bit & 7));
        }
        assertEquals(4000, Manifests.decode(file, 7).cookie().lengthBytes());
    }

    @Test
    void shouldRefuseEveryTruncation() {
        byte[] file = Manifests.file(SAMPLE.toBuilder().cookie(Opaque.of(new byte[4000])).build());
        for (int length = 0; length < file.length; length++) {
            assertRefused(Arrays.copyOf(file, length), "cut to " + length);
        }
        assertRefused(Arrays.copyOf(file, file.length + 4096), "with zeros behind it");
    }

    /** A payload that was cut and sealed again: the decoder itself has to see it. */
    @Test
    void shouldRefuseEveryTruncatedPayload() {
        byte[] payload = ManifestCodec.encode(SAMPLE);
        int whole = 0;
        for (int length = 0; length < payload.length; length++) {
            byte[] file = Manifests.file(3, 1, Manifests.IDENTITY.storeId(), 7, Arrays.copyOf(payload, length));
            try {
                assertArrayEquals(file, Manifests.file(Manifests.decode(file, 7)));
                whole++;
            } catch (CorruptionFault expected) {
                assertTrue(expected.getMessage().startsWith("M is damaged at offset "), expected.getMessage());
            }
        }
        assertEquals(4, whole, "a manifest without sessions' cookies, without tables, without cookie, and without sessions is one, too");
    }

    private static String refused(Class<? extends StoreFault> fault, byte[] file) {
        return assertThrows(fault, () -> Manifests.decode(file, 7)).getMessage();
    }

    private static byte[] withWord(int index, long value) {
        byte[] payload = ManifestCodec.encode(SAMPLE);
        ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putLong(index * 8, value);
        return Manifests.file(3, 1, Manifests.IDENTITY.storeId(), 7, payload);
    }

    @Test
    void shouldNameFileOffsetFoundAndExpected() {
        assertEquals("M is damaged at offset 64: the kind of checkpoint is 4, expected 1 to 3; nothing of it was used", refused(CorruptionFault.class, withWord(3, 4)));
        assertEquals("M is damaged at offset 128: the log's cut is 48, expected 64 to 281474976710640; nothing of it was used",
                refused(CorruptionFault.class, withWord(11, 48)));
        assertEquals("M is damaged at offset 48: the length of section 1 is 112, expected 104; nothing of it was used", refused(CorruptionFault.class, withWord(1, 112)));
        assertEquals("M is damaged at offset 24: the sequence number is 7, expected 8; nothing of it was used",
                assertThrows(CorruptionFault.class, () -> Manifests.decode(Manifests.file(SAMPLE), 8)).getMessage());
    }

    @Test
    void shouldRefuseWhatBelongsToAnotherStoreOrConfiguration() {
        byte[] payload = ManifestCodec.encode(SAMPLE);
        assertEquals("M belongs to the store 0xabc and not to the store 0xcafef00d of this directory; put back the file that was there",
                refused(FormatFault.class, Manifests.file(3, 1, 0xABC, 7, payload)));
        for (int word : new int[] {7, 8, 9}) {
            String message = refused(FormatFault.class, withWord(word, word == 7 ? 8192 : 1 << 17));
            assertTrue(message.startsWith("M was written by a store of another configuration, Configuration[pageBytes="), message);
        }
    }

    @Test
    void shouldRefuseWhatANewerVersionWrote() {
        byte[] payload = ManifestCodec.encode(SAMPLE);
        assertEquals("M was written by a newer version of Tideline, in format 2; this one knows up to 1. Open it with that version",
                refused(FormatFault.class, Manifests.file(3, 2, Manifests.IDENTITY.storeId(), 7, payload)));
        byte[] longer = ByteBuffer.allocate(payload.length + 24).order(ByteOrder.LITTLE_ENDIAN).put(payload).putLong(10).putLong(8).putLong(0).array();
        assertEquals("M has a section 10, which format 1 does not have as far as this version of Tideline knows; open it with the version that wrote it",
                refused(FormatFault.class, Manifests.file(3, 1, Manifests.IDENTITY.storeId(), 7, longer)));
    }

    // --- hostile files ---

    private static final long[] INTERESTING = {0, 1, 2, 3, 7, 8, 9, 16, 63, 64, 80, 255, 256, 4096, 65_536, 65_537, 1 << 20, Integer.MAX_VALUE, 1L << 31, 1L << 32,
        (1L << 48) - 16, 1L << 48, Long.MAX_VALUE, Long.MAX_VALUE - 7, Long.MIN_VALUE, -1, -8, -16};

    /** Changes a payload in a way that its checksum will not show. */
    private static byte[] mutated(byte[] payload, SplittableRandom random) {
        ByteBuffer bytes = ByteBuffer.wrap(payload.clone()).order(ByteOrder.LITTLE_ENDIAN);
        for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.capacity() >= 8; changes--) {
            int word = random.nextInt(bytes.capacity() / 8) * 8;
            switch (random.nextInt(7)) {
                case 0 -> bytes.put(word + random.nextInt(8), (byte) random.nextInt());
                case 1 -> bytes.putLong(word, INTERESTING[random.nextInt(INTERESTING.length)]);
                case 2 -> bytes.putLong(word, bytes.getLong(word) + random.nextLong(-2, 3) * (random.nextBoolean() ? 16 : 1));
                case 3 -> bytes.putLong(word, bytes.getLong(random.nextInt(bytes.capacity() / 8) * 8));
                case 4 -> bytes.putLong(word, random.nextLong());
                default -> bytes = ByteBuffer.wrap(sectionsMutated(bytes.array(), random)).order(ByteOrder.LITTLE_ENDIAN);
            }
        }
        return bytes.array();
    }

    /** Leaves sections away, repeats them, exchanges them, or puts a foreign one between them. */
    private static byte[] sectionsMutated(byte[] payload, SplittableRandom random) {
        ByteBuffer bytes = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> sections = new ArrayList<>();
        for (int at = 0; at + 16 <= payload.length; ) {
            long length = Math.clamp(bytes.getLong(at + 8), 0, payload.length - at - 16);
            sections.add(Arrays.copyOfRange(payload, at, at + 16 + (int) length));
            at += 16 + (int) length;
        }
        if (sections.isEmpty()) {
            return payload;
        }
        int place = random.nextInt(sections.size());
        switch (random.nextInt(4)) {
            case 0 -> sections.remove(place);
            case 1 -> sections.add(random.nextInt(sections.size() + 1), sections.get(place));
            case 2 -> sections.add(random.nextInt(sections.size()), sections.remove(place));
            default -> sections.add(place, ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putLong(random.nextLong(13)).putLong(8).array());
        }
        ByteBuffer all = ByteBuffer.allocate(sections.stream().mapToInt(section -> section.length).sum());
        sections.forEach(all::put);
        return all.array();
    }

    /** Decodes and says how many bytes of memory that took. */
    private static long allocated(byte[] file, long generation, Consumer<Manifest> then) {
        TakenMemory memory = TakenMemory.fromNow();
        Manifest read = null;
        try {
            read = Manifests.decode(file, generation);
        } catch (CorruptionFault | FormatFault refused) {
            assertTrue(refused.getMessage().startsWith("M "), refused.getMessage());
        }
        long taken = memory.bytes();
        if (read != null) {
            then.accept(read);
        }
        return taken;
    }

    @Test
    void shouldSurviveFilesThatSomebodyForged() {
        SplittableRandom random = random("shouldSurviveFilesThatSomebodyForged");
        long worst = 0;
        int[] accepted = {0};
        int files = 40_000;
        byte[] payload = null;
        long generation = 0;
        for (int i = 0; i < files; i++) {
            if (i % 50 == 0) {
                Manifest manifest = i % 100 == 0 ? SAMPLE : Manifests.random(random);
                payload = ManifestCodec.encode(manifest);
                generation = manifest.generation();
            }
            byte[] file = Manifests.file(3, 1, Manifests.IDENTITY.storeId(), generation, mutated(payload, random));
            long over = allocated(file, generation, read -> {
                accepted[0]++;
                assertArrayEquals(file, Manifests.file(read), "what was accepted is not what stands in the file");
            }) - file.length;
            worst = Math.max(worst, over);
            assertTrue(over <= MEBIBYTE, "decoding took " + over + " bytes more than the file has");
        }
        System.out.println(files + " forged files, " + accepted[0] + " of them still manifests, at most " + worst + " bytes above the size of the file");
        assertTrue(accepted[0] > files / 100 && accepted[0] < files / 2, "mutations " + accepted[0] + " of which were harmless test little");
    }

    @Test
    void shouldTakeNoMoreMemoryThanTheLargestFile() {
        SplittableRandom random = random("shouldTakeNoMoreMemoryThanTheLargestFile");
        List<SkippedRange> skipped = new ArrayList<>();
        for (int i = 0; i < Manifest.MAX_RANGES; i++) {
            skipped.add(new SkippedRange(64 + 32L * i, 80 + 32L * i));
        }
        TreeMap<String, Opaque> tables = new TreeMap<>();
        for (int i = 0; i < Manifest.MAX_TABLES; i++) {
            tables.put("中".repeat(80) + i, Opaque.of(new byte[i]));
        }
        List<Manifest> large = List.of(SAMPLE.toBuilder().skipped(skipped).build(), SAMPLE.toBuilder().tables(tables).build(),
                SAMPLE.toBuilder().sessions(Manifests.sessions(random, SessionTable.MAX_SESSIONS), Long.MAX_VALUE).build(),
                SAMPLE.toBuilder().tables(tables).sessions(Manifests.sessions(random, SessionTable.MAX_SESSIONS), Long.MAX_VALUE).build());
        for (Manifest manifest : large) {
            byte[] file = Manifests.file(manifest);
            long over = allocated(file, 7, read -> assertEquals(manifest, read)) - file.length;
            System.out.println("decoding a manifest of " + file.length + " bytes took " + over + " more");
            assertTrue(over <= MEBIBYTE, "decoding took " + over + " bytes more than the file has");
        }
    }

    @Test
    void shouldRefuseSessionsThatAreOneAndTheSame() {
        // the names are "lane 1" and "Ärger", of 6 bytes each
        byte[] payload = ManifestCodec.encode(SAMPLE);
        int names = indexOf(payload, "lane 1");
        System.arraycopy(payload, names, payload, names + 6, 6);
        assertTrue(refused(CorruptionFault.class, Manifests.file(3, 1, Manifests.IDENTITY.storeId(), 7, payload))
                .contains("the name of session 4 is that of an earlier one, expected its own"));
        payload[names + 6] = (byte) 0xFF;
        assertTrue(refused(CorruptionFault.class, Manifests.file(3, 1, Manifests.IDENTITY.storeId(), 7, payload)).contains("a name is 0xff"));
    }

    @Test
    void shouldRefuseACookieOfASessionThatIsNotThere() {
        int id = ManifestCodec.encode(SAMPLE).length / 8 - 3;
        assertEquals("M is damaged at offset " + (40 + 8 * id) + ": the id of a session with a cookie is 2, expected that of a session, behind the one before;"
                + " nothing of it was used", refused(CorruptionFault.class, withWord(id, 2)));
        assertTrue(refused(CorruptionFault.class, withWord(id, 9)).contains("expected 1 to 8"));
        assertTrue(refused(CorruptionFault.class, withWord(id + 1, 4097)).contains("expected 1 to 4096"));
        assertTrue(refused(CorruptionFault.class, withWord(id + 1, 9)).contains("the sessions' cookies"));
        assertEquals(Opaque.of(new byte[] {5, 6}), Manifests.decode(withWord(id, 3), 7).sessions().get(1).cookie());
    }

    private static int indexOf(byte[] bytes, String text) {
        for (int at = 0; ; at++) {
            if (new String(bytes, at, text.length(), StandardCharsets.ISO_8859_1).equals(text)) {
                return at;
            }
        }
    }

    // --- what cannot be a manifest ---

    private static void assertImpossible(Consumer<ManifestBuilder> change) {
        ManifestBuilder builder = SAMPLE.toBuilder();
        assertThrows(IllegalArgumentException.class, () -> {
            change.accept(builder);
            builder.build();
        });
    }

    @Test
    void shouldRefuseValuesThatCannotBe() {
        Manifest.Log log = SAMPLE.log();
        assertImpossible(builder -> builder.generation(0));
        assertImpossible(builder -> builder.generation(5)); // names the files of 6 and 7
        assertImpossible(builder -> builder.createdAt(-1));
        assertImpossible(builder -> builder.foldedOver(log)); // its files end at 4096
        assertImpossible(builder -> builder.foldedOver(new Manifest.Log(64, 48, 96, 96)));
        assertImpossible(builder -> builder.foldedOver(new Manifest.Log(64, 72, 96, 96)));
        assertImpossible(builder -> builder.snapshot(log, new Manifest.Snapshot(7, 4112, 8704)));
        assertImpossible(builder -> builder.snapshot(log, new Manifest.Snapshot(7, 4096, 8240)));
        assertImpossible(builder -> builder.skipped(List.of(new SkippedRange(128, 128))));
        assertImpossible(builder -> builder.skipped(List.of(new SkippedRange(128, 256), new SkippedRange(240, 512))));
        assertImpossible(builder -> builder.undone(List.of(new UndoneRange(128, 256, 2, 512))));
        assertImpossible(builder -> builder.undone(List.of(new UndoneRange(128, 256, 0, 512), new UndoneRange(496, 512, 0, 1024))));
        assertImpossible(builder -> builder.image(new Manifest.Image(1, 3, 0, 64)));
        assertImpossible(builder -> builder.image(new Manifest.Image(8, 4, 0, 64)));
        assertImpossible(builder -> builder.sessions(List.of(new SessionPoint(9, Optional.empty(), 0)), 9));
        assertImpossible(builder -> builder.sessions(List.of(new SessionPoint(1, Optional.empty(), 0), new SessionPoint(1, Optional.of("a"), 0)), 9));
        assertImpossible(builder -> builder.sessions(List.of(new SessionPoint(1, Optional.of("a"), 0), new SessionPoint(2, Optional.of("a"), 0)), 9));
        assertImpossible(builder -> builder.sessions(List.of(new SessionPoint(1, Optional.of(""), 0)), 9));
        assertImpossible(builder -> builder.sessions(List.of(new SessionPoint(1, Optional.of("x".repeat(256)), 0)), 9));
        assertImpossible(builder -> builder.sessions(List.of(new SessionPoint(1, Optional.of("\uD800"), 0)), 9));
        assertImpossible(builder -> builder.sessions(List.of(new SessionPoint(1, Optional.empty(), 0, Opaque.of(new byte[SessionPoint.MAX_COOKIE_BYTES + 1]))), 9));
        assertImpossible(builder -> builder.cookie(Opaque.of(new byte[Manifest.MAX_COOKIE_BYTES + 1])));
        assertImpossible(builder -> builder.tables(Map.of("", Opaque.EMPTY)));
        assertImpossible(builder -> builder.tables(Map.of("a", Opaque.of(new byte[Manifest.MAX_TABLE_BYTES + 1]))));
    }

    @Test
    void shouldFindSessionsByTheirNames() {
        SessionTable sessions = SAMPLE.sessions();
        assertEquals(Optional.of(new SessionPoint(4, Optional.of("Ärger"), Long.MAX_VALUE, Opaque.of(new byte[] {5, 6}))), sessions.named("Ärger"));
        assertEquals(Optional.empty(), sessions.named("lane"));
        assertEquals(Optional.empty(), sessions.named(""));
        assertEquals(List.of(1L, 3L, 4L), sessions.stream().map(SessionPoint::id).toList());
    }

    @Test
    void shouldNotChangeWithWhatItWasMadeOf() {
        byte[] cookie = {1};
        List<SkippedRange> skipped = new ArrayList<>(List.of(new SkippedRange(64, 128)));
        Manifest manifest = new ManifestBuilder(Manifests.CONFIGURATION).cookie(Opaque.of(cookie)).skipped(skipped).build();
        cookie[0] = 2;
        skipped.clear();
        manifest.cookie().toBytes()[0] = 3;
        assertEquals(Opaque.of(new byte[] {1}), manifest.cookie());
        assertEquals(List.of(new SkippedRange(64, 128)), manifest.skipped());
        assertThrows(UnsupportedOperationException.class, () -> manifest.skipped().clear());
        assertThrows(UnsupportedOperationException.class, () -> manifest.tables().put("a", Opaque.EMPTY));
    }
}
