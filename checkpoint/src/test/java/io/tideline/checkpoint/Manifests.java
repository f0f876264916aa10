package io.tideline.checkpoint;

import io.tideline.fault.StoreFault;
import io.tideline.hlog.Identity;
import io.tideline.hlog.format.SealedFile;
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
import java.util.zip.CRC32C;

/** Manifests for tests, and the bytes of their files. */
final class Manifests {
    static final Identity IDENTITY = new Identity(0xCAFE_F00DL, 12, 1 << 16, -3, 1_790_000_000_000L);
    static final Manifest.Configuration CONFIGURATION = Manifest.Configuration.of(IDENTITY);
    static final int HEADER_BYTES = 40;

    private Manifests() {
    }

    /** One with something in each section, always the same. */
    static Manifest sample(long generation) {
        return new ManifestBuilder(CONFIGURATION).generation(generation).version(0x1_0000_0001L).kind(CheckpointKind.LOG_ONLY)
                .durability(Durability.DISK).createdAt(1_790_000_000_123L)
                .snapshot(new Manifest.Log(64, 8192, 8256, 4096), new Manifest.Snapshot(generation, 4096, 8704))
                .skipped(List.of(new SkippedRange(1024, 2048), new SkippedRange(2048, 4096)))
                .undone(List.of(new UndoneRange(512, 640, 1, 1024)))
                .image(new Manifest.Image(generation == 1 ? 1 : generation - 1, 1 << 10, 3, 2048))
                .sessions(List.of(new SessionPoint(1, Optional.of("lane 1"), 17), new SessionPoint(3, Optional.empty(), 0),
                        new SessionPoint(4, Optional.of("Ärger"), Long.MAX_VALUE, Opaque.of(new byte[] {5, 6}))), 9)
                .cookie(Opaque.of(new byte[] {1, 2, 3}))
                .tables(Map.of("users", Opaque.of(new byte[] {9, 8, 7, 6, 5, 4, 3, 2, 1}), "empty", Opaque.EMPTY)).build();
    }

    /** Any one; the number of its parts is drawn, too. */
    static Manifest random(SplittableRandom random) {
        long generation = random.nextLong(1, random.nextBoolean() ? 10 : Long.MAX_VALUE);
        ManifestBuilder builder = new ManifestBuilder(CONFIGURATION).generation(generation).version(random.nextLong())
                .kind(pick(random, CheckpointKind.values())).durability(pick(random, Durability.values()))
                .createdAt(random.nextLong(253_402_300_800_000L));
        long[] points = ascending(random, 5, Addresses.FIRST);
        boolean aside = random.nextBoolean();
        if (aside) {
            builder.snapshot(new Manifest.Log(points[0], points[2], points[3], points[1]),
                    new Manifest.Snapshot(random.nextLong(generation) + 1, points[0], points[4]));
        } else {
            builder.foldedOver(new Manifest.Log(points[0], points[1], points[2], points[3]));
        }
        if (random.nextBoolean()) {
            builder.image(new Manifest.Image(random.nextLong(generation) + 1, 1L << random.nextInt(40), random.nextLong(1L << 40), points[1]));
        }
        builder.skipped(skipped(random, count(random, 20))).undone(undone(random, count(random, 20)));
        List<SessionPoint> sessions = sessions(random, count(random, 30));
        builder.sessions(sessions, sessions.isEmpty() ? 1 : random.nextLong(sessions.getLast().id(), Long.MAX_VALUE) + 1);
        builder.cookie(Opaque.of(bytes(random, count(random, 300))));
        TreeMap<String, Opaque> tables = new TreeMap<>();
        for (int i = count(random, 6); i > 0; i--) {
            tables.put(name(random), Opaque.of(bytes(random, count(random, 100))));
        }
        return builder.tables(tables).build();
    }

    private static int count(SplittableRandom random, int max) {
        return random.nextInt(3) == 0 ? 0 : random.nextInt(max + 1);
    }

    private static <T> T pick(SplittableRandom random, T[] values) {
        return values[random.nextInt(values.length)];
    }

    private static byte[] bytes(SplittableRandom random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String name(SplittableRandom random) {
        StringBuilder name = new StringBuilder();
        int characters = 1 + random.nextInt(random.nextBoolean() ? 8 : 60);
        for (int i = 0; i < characters; i++) {
            name.appendCodePoint(new int[] {'a' + random.nextInt(26), 0, 0xE9, 0x4E2D, 0x1F600}[random.nextInt(5)]);
        }
        return name.toString();
    }

    private static long[] ascending(SplittableRandom random, int count, long least) {
        long[] addresses = new long[count];
        for (int i = 0; i < count; i++) {
            addresses[i] = random.nextInt(4) == 0 ? least : random.nextLong(least / 16, Addresses.MAX / 16 + 1) * 16;
        }
        Arrays.sort(addresses);
        return addresses;
    }

    private static List<SkippedRange> skipped(SplittableRandom random, int count) {
        List<SkippedRange> ranges = new ArrayList<>();
        long from = Addresses.FIRST;
        for (int i = 0; i < count; i++) {
            from += random.nextLong(4) * 16;
            long to = from + random.nextLong(1, 1 << 20) * 16;
            ranges.add(new SkippedRange(from, to));
            from = to;
        }
        return ranges;
    }

    private static List<UndoneRange> undone(SplittableRandom random, int count) {
        List<UndoneRange> ranges = new ArrayList<>();
        long cut = Addresses.FIRST;
        for (int i = 0; i < count; i++) {
            cut += random.nextLong(4) * 16;
            long end = cut + random.nextLong(3) * 16;
            long tail = end + random.nextLong(1, 1 << 20) * 16;
            ranges.add(new UndoneRange(cut, end, random.nextInt(2), tail));
            cut = tail;
        }
        return ranges;
    }

    static List<SessionPoint> sessions(SplittableRandom random, int count) {
        List<SessionPoint> sessions = new ArrayList<>();
        long id = 0;
        for (int i = 0; i < count; i++) {
            id += 1 + random.nextLong(1 << 20);
            String name = i + name(random);
            sessions.add(new SessionPoint(id, random.nextBoolean() && name.getBytes(StandardCharsets.UTF_8).length <= 255
                    ? Optional.of(name) : Optional.empty(), random.nextLong(Long.MAX_VALUE), Opaque.of(bytes(random, count(random, 40)))));
        }
        return sessions;
    }

    // --- bytes ---

    /** The file of a manifest. */
    static byte[] file(Manifest manifest) {
        return file(3, 1, IDENTITY.storeId(), manifest.generation(), ManifestCodec.encode(manifest));
    }

    /** A sealed file as docs/formats.md has it, with a checksum that is right. */
    static byte[] file(int kind, int version, long storeId, long sequence, byte[] payload) {
        ByteBuffer file = ByteBuffer.allocate((HEADER_BYTES + payload.length + 4095) / 4096 * 4096).order(ByteOrder.LITTLE_ENDIAN);
        file.put("TIDELINE".getBytes(StandardCharsets.US_ASCII)).putInt(kind).putInt(version).putLong(storeId).putLong(sequence)
                .putInt(payload.length);
        CRC32C crc = new CRC32C();
        crc.update(file.array(), 0, 36);
        crc.update(payload);
        return file.putInt((int) crc.getValue()).put(payload).array();
    }

    /** @throws StoreFault if it is not the file of that generation */
    static Manifest decode(byte[] file, long generation) {
        return SealedFile.decode("M", ByteBuffer.wrap(file), ManifestCodec.KIND, payload -> ManifestCodec.decode(payload, IDENTITY, generation));
    }
}
