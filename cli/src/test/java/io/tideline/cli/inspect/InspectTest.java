package io.tideline.cli.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.Run;
import io.tideline.cli.console.ExitCode;
import io.tideline.core.CheckpointRequest;
import io.tideline.core.Session;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import io.tideline.fault.FormatFault;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectTest {

    private static final int KEYS = 1_000;

    @TempDir
    private Path parent;
    private Path directory;

    @BeforeEach
    void makeStore() {
        directory = parent.resolve("store");
        try (Store store = Store.open(config())) {
            for (long key = 0; key < KEYS; key++) {
                store.put(key, new byte[20]);
            }
            store.delete(5);
            store.put(6, new byte[90]);
        }
    }

    private StoreConfig config() {
        return small().directory(directory).build();
    }

    private Path segment(int number) {
        return directory.resolve("log").resolve("%012d".formatted(number));
    }

    @Test
    void shouldCallASoundStoreSound() {
        Run run = Run.of("verify", directory.toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertTrue(run.out().startsWith("sound: every byte is as it was written; ") && run.out().strip().endsWith("closed cleanly."), run.out());
        assertTrue(run.err().contains("verifying: "), run.err());
    }

    /** A link does not count as the store's file, so an opening would have made another in its place. */
    @Test
    void shouldRefuseAStoreOfWhichAnythingIsALinkAndLeaveItAlone() throws IOException {
        List<Path> parts;
        try (Stream<Path> all = Files.walk(directory)) {
            parts = all.filter(path -> !path.equals(directory)).toList();
        }
        assertTrue(parts.containsAll(List.of(directory.resolve("IDENTITY"), directory.resolve("CLEAN-CLOSE"), directory.resolve("MANIFEST-1"),
                directory.resolve("LOCK"), directory.resolve("log"), directory.resolve("checkpoints"), segment(0))), parts.toString());
        for (Path part : parts) {
            Path real = Files.move(part, parent.resolve("real"));
            Files.createSymbolicLink(part, real);
            String expected = part.toRealPath(LinkOption.NOFOLLOW_LINKS) + " is not a " + (Files.isDirectory(real) ? "directory" : "regular file")
                    + " but a symbolic link to " + real;
            String opening = assertThrows(FormatFault.class, () -> Store.open(config())).getMessage();
            assertTrue(opening.startsWith(expected), opening);
            for (String command : new String[] {"verify", "inspect", "checkpoint"}) {
                Run run = Run.of(command, "-q", directory.toString());
                assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), run.err());
                assertTrue(run.err().contains(expected), run.err());
            }
            assertTrue(Files.isSymbolicLink(part), part + " was overwritten");
            Files.delete(part);
            Files.move(real, part);
        }
        assertEquals(ExitCode.DONE, Run.of("verify", "-q", directory.toString()).exitCode());
    }

    @Test
    void shouldFindAnyFlippedBitAndSayWhere() throws IOException {
        long seed = System.nanoTime();
        System.out.println("shouldFindAnyFlippedBitAndSayWhere: seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 50; i++) {
            Path file = switch (random.nextInt(6)) {
                case 0 -> directory.resolve("IDENTITY");
                case 1 -> directory.resolve("CLEAN-CLOSE");
                case 2 -> directory.resolve("MANIFEST-1");
                case 3 -> directory.resolve("checkpoints/1-index");
                default -> segment(random.nextInt(3));
            };
            byte[] whole = Files.readAllBytes(file);
            int offset = random.nextInt(whole.length);
            try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
                bytes.seek(offset);
                bytes.write(whole[offset] ^ 1 << random.nextInt(8));
            }
            for (String command : new String[] {"verify", "inspect"}) {
                Run run = Run.of(command, "-q", directory.toString());
                assertEquals(ExitCode.WRONG, run.exitCode(), file + ", offset " + offset + ": " + run.out() + run.err());
                assertTrue(run.out().contains(file.getFileName().toString()) && run.out().contains("DAMAGED: "), run.out());
                assertEquals("", run.err());
            }
            Files.write(file, whole);
        }
    }

    @Test
    void shouldSayWhatIsUnknownOfAStoreThatWasNotClosed() throws IOException {
        Files.delete(directory.resolve("CLEAN-CLOSE"));
        Run run = Run.of("verify", "-q", directory.toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertTrue(run.out().startsWith("not closed, and nothing is known to be damaged; "), run.out());
        assertTrue(run.out().contains(", where checkpoint 1 ends."), run.out());
        assertTrue(run.out().contains("unknown: what the log had from address "), run.out());
    }

    @Test
    void shouldShowWhatIsLiveAndWhatIsDead() throws IOException {
        Path json = parent.resolve("out.json");
        Run run = Run.of("inspect", "-q", "--json=" + json, directory.toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
        assertTrue(run.out().contains("records    " + (KEYS + 2) + ", "), run.out());
        assertTrue(run.out().contains("live       " + (KEYS - 1) + ", ") && run.out().contains("dead       2, "), run.out());
        assertTrue(run.out().contains("deletions  1, 32 bytes") && run.out().contains("log/000000000000  16384 bytes"), run.out());
        String text = Files.readString(json);
        for (String field : new String[] {"\"sound\": true", "\"pageBytes\": 4096", "\"segmentBytes\": 16384", "\"closed\": true", "\"begin\": 64",
            "\"liveRecords\": " + (KEYS - 1), "\"deadRecords\": 2", "\"tombstones\": 1", "\"unknown\": []"}) {
            assertTrue(text.contains(field), field + " in " + text);
        }
    }

    @Test
    void shouldShowTheNewestCheckpoint() throws IOException {
        try (Store store = Store.open(config()); Session session = store.openSession("import")) {
            session.put(1, 1);
            session.put(2, 2);
            store.checkpoint(CheckpointRequest.full().cookie(new byte[7])).join();
        }
        Run taken = Run.of("checkpoint", "-q", directory.toString());
        assertEquals(ExitCode.DONE, taken.exitCode(), taken.err());
        assertTrue(taken.out().startsWith("checkpoint 3, of version ") && taken.out().contains("import: 2 operations"), taken.out());
        Path json = parent.resolve("out.json");
        Run run = Run.of("inspect", "-q", "--json=" + json, directory.toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.out() + run.err());
        for (String row : new String[] {"manifests  MANIFEST-3, MANIFEST-2\n", "checkpoint 3, of version ", ": FULL, FOLD_OVER, DISK, taken ",
            "committed  addresses 64 to ", "index      checkpoints/3-index: 1024 buckets, ", "cookie     7 bytes\n", "sessions   1\n",
            "           import: 2 operations\n", "gaps       "}) {
            assertTrue(run.out().contains(row), row + " in " + run.out());
        }
        String text = Files.readString(json);
        for (String field : new String[] {"\"manifests\": [\n    3,\n    2\n  ]", "\"number\": 3", "\"durability\": \"DISK\"", "\"cookieBytes\": 7",
            "\"name\": \"import\",\n        \"serial\": 2", "\"file\": \"checkpoints/3-index\"", "\"skipped\": "}) {
            assertTrue(text.contains(field), field + " in " + text);
        }
    }

    @Test
    void shouldTakeACheckpointOfAStoreWhoseProcessWasKilled() throws IOException {
        try (Store store = Store.open(config())) {
            store.put(1, 77);
            store.checkpoint(CheckpointRequest.logOnly()).join();
            store.put(1, 78);
            store.abandon();
        }
        Run taken = Run.of("checkpoint", directory.toString());
        assertEquals(ExitCode.DONE, taken.exitCode(), taken.err());
        assertTrue(taken.err().contains("recovering: "), taken.err());
        Run verify = Run.of("verify", "-q", directory.toString());
        assertTrue(verify.out().startsWith("sound: "), verify.out() + verify.err());
        Run little = Run.of("checkpoint", "--memory=1", directory.toString());
        assertEquals(ExitCode.COULD_NOT_RUN, little.exitCode());
        assertTrue(little.err().contains("--memory 1 cannot be used: "), little.err());
    }

    @Test
    void shouldSayThatTheIndexWasMadeAnew() throws IOException {
        Files.delete(directory.resolve("checkpoints/1-index"));
        Run taken = Run.of("checkpoint", directory.toString());
        assertEquals(ExitCode.DONE, taken.exitCode(), taken.err());
        assertTrue(taken.err().contains("tideline: the index was made anew from the log, because its image was of no use: checkpoints/1-index is not there."), taken.err());
        assertTrue(Run.of("inspect", "-q", directory.toString()).out().contains("live       " + (KEYS - 1) + ", "));
    }

    @Test
    void shouldFindThatManifestsAreGoneAndGoBackWhereItIsAskedTo() throws IOException {
        try (Store store = Store.open(config()); Session session = store.openSession("s")) {
            session.put(1, 77);
            session.put(2, 78);
        }
        byte[] newest = Files.readAllBytes(directory.resolve("MANIFEST-2"));
        Files.delete(directory.resolve("MANIFEST-2"));
        Run verify = Run.of("verify", "-q", directory.toString());
        assertEquals(ExitCode.WRONG, verify.exitCode(), verify.out());
        Run refused = Run.of("checkpoint", "-q", directory.toString());
        assertEquals(ExitCode.COULD_NOT_RUN, refused.exitCode(), refused.out());
        assertTrue(refused.err().contains("MANIFEST-2, offset 0: expected a manifest of a log up to "), refused.err());
        byte[] oldest = Files.readAllBytes(directory.resolve("MANIFEST-1"));
        Files.delete(directory.resolve("MANIFEST-1"));
        Run none = Run.of("verify", "-q", directory.toString());
        assertEquals(ExitCode.WRONG, none.exitCode(), none.out());
        assertTrue(none.out().contains("offset 0: expected a manifest, because CLEAN-CLOSE says that the store was closed in order, found none"), none.out());
        Files.write(directory.resolve("MANIFEST-1"), oldest);
        newest[40] ^= 4;
        Files.write(directory.resolve("MANIFEST-2"), newest);
        Run back = Run.of("checkpoint", "-q", "--fall-back", directory.toString());
        assertEquals(ExitCode.DONE, back.exitCode(), back.err());
        assertTrue(back.out().startsWith("checkpoint 3, ") && back.out().contains("lost       checkpoint 2: ") && back.out().contains("MANIFEST-2 is damaged at offset ")
                && back.out().contains("how far it held the sessions is not known"), back.out());
        assertEquals(ExitCode.DONE, Run.of("checkpoint", "-q", directory.toString()).exitCode());
    }

    @Test
    void shouldSayWhichOperationsOfWhichSessionAreLost() throws IOException {
        try (Store store = Store.open(config()); Session session = store.openSession("s")) {
            session.put(1, 77);
            store.checkpoint().join();
            session.put(2, 78);
            session.put(3, 79);
            store.checkpoint(CheckpointRequest.full().snapshot()).join();
            store.abandon();
        }
        Files.delete(directory.resolve("checkpoints/3-snapshot"));
        Run back = Run.of("checkpoint", "-q", "--fall-back", directory.toString());
        assertEquals(ExitCode.DONE, back.exitCode(), back.err());
        assertTrue(back.out().contains("lost       checkpoint 3: checkpoints/3-snapshot, offset 0: ") && back.out().contains("           s: operations 2 to 3"), back.out());
    }

    private StoreConfig.Builder small() {
        return StoreConfig.builder().memory(8 * 4096).pageSize(4096).segmentSize(1 << 14).buckets(1 << 10).hugePages(false);
    }

    @Test
    void shouldNotDropALogWithoutACheckpointUnasked() throws IOException {
        Path loaded = parent.resolve("loaded");
        try (Store store = Store.open(small().directory(loaded).build())) {
            for (long key = 0; key < KEYS; key++) {
                store.put(key, new byte[20]);
            }
            store.abandon();
        }
        Run verify = Run.of("verify", "-q", loaded.toString());
        assertEquals(ExitCode.DONE, verify.exitCode(), verify.out() + verify.err());
        assertTrue(verify.out().contains("no checkpoint: an opening would begin empty, and drop this log.\n"), verify.out());
        Run inspect = Run.of("inspect", "-q", loaded.toString());
        assertTrue(inspect.out().contains("manifests  none: an opening would begin empty, and drop this log\n"), inspect.out());
        List<String> before = files(loaded);
        Run refused = Run.of("checkpoint", "-q", loaded.toString());
        assertEquals(ExitCode.COULD_NOT_RUN, refused.exitCode(), refused.out());
        assertTrue(refused.err().contains("has no checkpoint, so an opening would begin empty and drop its log of ") && refused.err().contains("--begin-empty"), refused.err());
        assertEquals(before, files(loaded));
        Run taken = Run.of("checkpoint", "-q", "--begin-empty", loaded.toString());
        assertEquals(ExitCode.DONE, taken.exitCode(), taken.err());
        assertTrue(taken.out().startsWith("checkpoint 1, ") && taken.out().contains("dropped    "), taken.out());
        Run again = Run.of("checkpoint", "-q", loaded.toString());
        assertEquals(ExitCode.DONE, again.exitCode(), again.err());
        assertFalse(again.out().contains("dropped"), again.out());
    }

    @Test
    void shouldTakeACheckpointOfAStoreThatNeverHeldAnything() {
        Path fresh = parent.resolve("fresh");
        try (Store store = Store.open(small().directory(fresh).build())) {
            store.abandon();
        }
        Run verify = Run.of("verify", "-q", fresh.toString());
        assertTrue(verify.out().endsWith("no checkpoint: an opening would begin empty.\n"), verify.out());
        Run taken = Run.of("checkpoint", "-q", fresh.toString());
        assertEquals(ExitCode.DONE, taken.exitCode(), taken.err());
        assertFalse(taken.out().contains("dropped"), taken.out());
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).map(file -> directory.relativize(file) + " of " + file.toFile().length() + " bytes").sorted().toList();
        }
    }

    /** Somebody mixed up the files of two stores. */
    @Test
    void shouldCallTheFilesOfAnotherStoreDamageAndGoOn() throws IOException {
        Path other = parent.resolve("other");
        try (Store store = Store.open(small().directory(other).build())) {
            store.put(1, 1);
        }
        byte[] manifest = Files.readAllBytes(directory.resolve("MANIFEST-1"));
        Files.copy(other.resolve("MANIFEST-1"), directory.resolve("MANIFEST-1"), StandardCopyOption.REPLACE_EXISTING);
        flipFirstRecord();
        for (String command : new String[] {"verify", "inspect"}) {
            Run run = Run.of(command, "-q", directory.toString());
            assertEquals(ExitCode.WRONG, run.exitCode(), run.out() + run.err());
            assertTrue(run.out().matches("(?s).*MANIFEST-1 is damaged at offset \\d+: the store id is 0x[0-9a-f]+, expected 0x[0-9a-f]+; nothing of it was used\n.*"), run.out());
            assertTrue(run.out().contains("log/000000000000, offset 64: ") && run.out().contains("DAMAGED: 2 places"), run.out());
        }
        flipFirstRecord();
        Files.write(directory.resolve("MANIFEST-1"), manifest);
        byte[] identity = Files.readAllBytes(directory.resolve("IDENTITY"));
        Files.copy(other.resolve("IDENTITY"), directory.resolve("IDENTITY"), StandardCopyOption.REPLACE_EXISTING);
        Run mixed = Run.of("verify", "-q", directory.toString());
        assertEquals(ExitCode.WRONG, mixed.exitCode(), mixed.out() + mixed.err());
        assertTrue(mixed.out().contains("MANIFEST-1 is damaged at offset ") && mixed.out().contains("CLEAN-CLOSE is damaged at offset "), mixed.out());
        Files.delete(directory.resolve("IDENTITY"));
        for (String command : new String[] {"verify", "inspect", "checkpoint"}) {
            Run gone = Run.of(command, "-q", directory.toString());
            assertEquals(ExitCode.COULD_NOT_RUN, gone.exitCode(), gone.out() + gone.err());
            assertTrue(gone.err().contains("holds CLEAN-CLOSE but no IDENTITY") && gone.err().contains("Put IDENTITY back from a copy"), gone.err());
        }
        Files.write(directory.resolve("IDENTITY"), identity);
        assertEquals(ExitCode.DONE, Run.of("verify", "-q", directory.toString()).exitCode());
    }

    private void flipFirstRecord() throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(segment(0).toFile(), "rw")) {
            bytes.seek(70);
            int whole = bytes.read();
            bytes.seek(70);
            bytes.write(whole ^ 1);
        }
    }

    @Test
    void shouldNotTakeAnEmptyPathForTheCurrentDirectory() {
        for (String command : new String[] {"verify", "inspect", "checkpoint"}) {
            Run run = Run.of(command, "");
            assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), run.out());
            assertTrue(run.err().contains("An empty DIR names no directory; give the directory of a store."), run.err());
        }
    }

    /** It promises to change nothing. */
    @Test
    void shouldNotWriteItsResultOverTheStore() throws IOException {
        for (String name : new String[] {"MANIFEST-1", "IDENTITY", "new"}) {
            Run run = Run.of("inspect", "-q", "--json=" + directory.resolve(name), directory.toString());
            assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), run.out());
            assertTrue(run.err().contains("this would be among the files of the store in "), run.err());
        }
        Path link = Files.createSymbolicLink(parent.resolve("link"), directory);
        assertEquals(ExitCode.COULD_NOT_RUN, Run.of("inspect", "-q", "--json=" + link.resolve("IDENTITY"), directory.toString()).exitCode());
        assertEquals(ExitCode.DONE, Run.of("verify", "-q", directory.toString()).exitCode());
    }

    @Test
    void shouldTakeCheckpointsOfEveryKind() throws IOException {
        try (Store store = Store.open(config())) {
            store.put(1, 77);
            store.checkpoint(CheckpointRequest.logOnly().snapshot()).join();
            store.put(1, 78);
            store.abandon();
        }
        Run sound = Run.of("verify", "-q", directory.toString());
        assertEquals(ExitCode.DONE, sound.exitCode(), sound.out() + sound.err());
        assertTrue(sound.out().contains("where checkpoints/2-snapshot goes on up to "), sound.out());
        Path json = parent.resolve("out.json");
        Run inspected = Run.of("inspect", "-q", "--json=" + json, directory.toString());
        assertTrue(inspected.out().contains(": LOG_ONLY, SNAPSHOT, DISK, taken ") && inspected.out().contains("snapshot   checkpoints/2-snapshot: addresses "),
                inspected.out());
        assertTrue(inspected.out().contains("live       " + (KEYS - 1) + ", "), inspected.out());
        assertTrue(Files.readString(json).contains("\"file\": \"checkpoints/2-snapshot\""), "JSON");
        int number = 3;
        for (String kind : new String[] {"index", "snapshot", "log", "full"}) {
            Run taken = Run.of("checkpoint", "-q", "--kind=" + kind, directory.toString());
            assertEquals(ExitCode.DONE, taken.exitCode(), taken.err());
            String expected = switch (kind) {
                case "index" -> "INDEX_ONLY, SNAPSHOT, DISK";
                case "snapshot" -> "FULL, SNAPSHOT, DISK";
                case "log" -> "FULL, FOLD_OVER, DISK"; // the image names addresses of the snapshot, so there is a new one
                default -> "FULL, FOLD_OVER, DISK";
            };
            assertTrue(taken.out().startsWith("checkpoint " + number++ + ", of version ") && taken.out().contains(": " + expected), taken.out());
            Run verify = Run.of("verify", "-q", directory.toString());
            assertEquals(ExitCode.DONE, verify.exitCode(), kind + ": " + verify.out() + verify.err());
            assertTrue(Run.of("inspect", "-q", directory.toString()).out().contains("live       " + (KEYS - 1) + ", "), kind);
        }
        try (Store store = Store.open(config())) {
            assertEquals(77, store.get(1, -1));
        }
        Run wrong = Run.of("checkpoint", "--kind=all", directory.toString());
        assertEquals(ExitCode.COULD_NOT_RUN, wrong.exitCode());
        assertTrue(wrong.err().contains("'all' is not a kind of checkpoint; choose full, log, snapshot, index"), wrong.err());
    }

    @Test
    void shouldFindAnyFlippedBitOfASnapshot() throws IOException {
        try (Store store = Store.open(config())) {
            store.put(1, 77);
            store.checkpoint(CheckpointRequest.full().snapshot()).join();
            store.abandon();
        }
        Path file = directory.resolve("checkpoints/2-snapshot");
        byte[] whole = Files.readAllBytes(file);
        for (int offset = 0; offset < whole.length; offset += 397) {
            byte[] damaged = whole.clone();
            damaged[offset] ^= (byte) (1 << offset % 8);
            Files.write(file, damaged);
            Run run = Run.of("verify", "-q", directory.toString());
            assertEquals(ExitCode.WRONG, run.exitCode(), "offset " + offset + ": " + run.out() + run.err());
            assertTrue(run.out().contains("checkpoints/2-snapshot is damaged at offset "), run.out());
        }
        Files.delete(file);
        Run gone = Run.of("verify", "-q", directory.toString());
        assertTrue(gone.out().contains("checkpoints/2-snapshot, offset 0: expected the snapshot that MANIFEST-2 names, found none"), gone.out());
    }

    @Test
    void shouldRefuseWhatIsNoStoreOrInUse() throws IOException {
        Path empty = Files.createDirectory(parent.resolve("empty"));
        try (Store open = Store.open(StoreConfig.builder().memory(1 << 20).directory(parent.resolve("open")).build())) {
            assertEquals(0, open.approximateSize());
            for (Path path : new Path[] {empty, parent, parent.resolve("missing"), segment(0), parent.resolve("open")}) {
                for (String command : new String[] {"verify", "inspect", "checkpoint"}) {
                    Run run = Run.of(command, path.toString());
                    assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), path + ": " + run.out());
                    assertEquals(1, run.err().lines().count(), run.err());
                    assertEquals("", run.out());
                }
            }
        }
    }
}
