package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.Main;
import io.tideline.cli.Run;
import io.tideline.cli.console.ExitCode;
import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.Streams;
import io.tideline.core.CheckpointRequest;
import io.tideline.core.Store;
import io.tideline.core.StoreAudit;
import io.tideline.core.StoreConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A count that is kept: killed at random moments by {@code kill -9} and started again, with another number of threads each time, it ends with the
 * counts of one that was not. {@code -Dtideline.count.kills=N} says how often, {@code -Dtideline.count.seed=N} replays.
 */
class CountResumeTest {

    private static final int KILLS = Integer.getInteger("tideline.count.kills", 6);
    private static final int FILES = 120;
    private static final int TOKENS_A_FILE = 4_000;
    private static final int WORDS = 60_000;

    @TempDir
    private Path parent;

    private Path store() {
        return parent.resolve("store");
    }

    private Path input() {
        return parent.resolve("input");
    }

    private String[] count(String... more) {
        List<String> line = new ArrayList<>(List.of("count", "-q", "--memory=1m", "--top=3", "--dir=" + store()));
        line.addAll(List.of(more));
        if (line.stream().noneMatch(word -> word.startsWith("--index"))) {
            line.add(3, "--index=1m");
        }
        return line.toArray(String[]::new);
    }

    private Run again(String... more) {
        return Run.of(count(more));
    }

    private void makeInput(int files, Random random) throws IOException {
        Files.createDirectory(input());
        for (int file = 0; file < files; file++) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < TOKENS_A_FILE; i++) {
                text.append("word").append(random.nextInt(WORDS)).append(i % 9 == 8 ? '\n' : ' ');
            }
            Files.writeString(input().resolve("%04d".formatted(file)), text);
        }
    }

    private long committed() {
        try (StoreAudit audit = StoreAudit.of(store())) {
            return audit.lastCommit().map(commit -> commit.serials().values().stream().mapToLong(Long::longValue).sum()).orElse(0L);
        }
    }

    @Test
    void shouldCountRightHoweverOftenItIsKilled() throws Exception {
        long seed = Long.getLong("tideline.count.seed", System.nanoTime());
        System.out.println("shouldCountRightHoweverOftenItIsKilled: seed " + seed);
        Random random = new Random(seed);
        makeInput(FILES, random);
        long before = 0;
        int killed = 0;
        int midway = 0;
        for (int i = 0; i < KILLS; i++) {
            killed += runAndKill(random, 1 + random.nextInt(4)) ? 1 : 0;
            if (Files.exists(store().resolve("IDENTITY"))) {
                long now = committed();
                assertTrue(now >= before, now + " tokens kept after " + before);
                midway += now > before && now < (long) FILES * TOKENS_A_FILE ? 1 : 0;
                before = now;
                Run verify = Run.of("verify", "-q", store().toString());
                assertEquals(ExitCode.DONE, verify.exitCode(), verify.out() + verify.err());
            }
        }
        Path json = parent.resolve("out.json");
        Run last = again("--verify", "--threads=2", "--json=" + json, input().toString());
        assertEquals(ExitCode.DONE, last.exitCode(), last.out() + last.err());
        assertTrue(last.out().contains("total     " + FILES * TOKENS_A_FILE + "\n") && last.out().contains("verified  yes"), last.out());
        assertTrue(Files.readString(json).contains("\"resumedFrom\": " + before + ","), Files.readString(json));
        System.out.println(killed + " kills, " + midway + " of them with new tokens kept; the last run went on from " + before);
        assertTrue(midway > 0, "no kill met a count that had committed something");
        Run verify = Run.of("verify", "-q", store().toString());
        assertTrue(verify.out().startsWith("sound: "), verify.out() + verify.err());
    }

    /** Whether it was killed before it had ended by itself. */
    private boolean runAndKill(Random random, int threads) throws Exception {
        List<String> line = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        line.addAll(List.of(count("--checkpoint-every=30ms", "--threads=" + threads, input().toString())));
        Path said = parent.resolve("said");
        long manifests = newestManifest();
        Process child = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(said.toFile()).start();
        boolean ended = false;
        try {
            if (random.nextInt(4) > 0) { // once it has committed something
                long wanted = manifests + 1 + random.nextInt(30);
                for (int turn = 0; !ended && newestManifest() < wanted; turn++) {
                    assertTrue(turn < 60_000, "no checkpoint within 60 s");
                    ended = child.waitFor(1, TimeUnit.MILLISECONDS);
                }
                ended |= child.waitFor(random.nextInt(100), TimeUnit.MILLISECONDS);
            } else {
                ended = child.waitFor(random.nextInt(800), TimeUnit.MILLISECONDS);
            }
        } finally {
            child.destroyForcibly();
            assertTrue(child.waitFor(60, TimeUnit.SECONDS), "the child does not die");
        }
        assertTrue(!ended || child.exitValue() == ExitCode.DONE, () -> read(said));
        return !ended;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }

    private long newestManifest() throws IOException {
        if (!Files.isDirectory(store())) {
            return 0;
        }
        try (Stream<Path> files = Files.list(store())) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.matches("MANIFEST-\\d+"))
                    .mapToLong(name -> Long.parseLong(name.substring("MANIFEST-".length()))).max().orElse(0);
        }
    }

    /** A run that is stopped when it has counted some of the input, as Ctrl-C does it. */
    private void interrupt(String... line) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(said, true, StandardCharsets.UTF_8);
        Interruption[] interruption = new Interruption[1];
        PrintStream progress = new PrintStream(said, true, StandardCharsets.UTF_8) {
            @Override
            public void write(byte[] bytes, int offset, int length) {
                super.write(bytes, offset, length);
                if (said.toString(StandardCharsets.UTF_8).contains("counting")) {
                    interruption[0].request();
                }
            }
        };
        interruption[0] = new Interruption(print);
        String[] loud = Arrays.stream(line).filter(word -> !word.equals("-q")).toArray(String[]::new);
        int exitCode = Main.run(loud, new Streams(InputStream.nullInputStream(), print, progress, true, true), interruption[0]);
        String text = said.toString(StandardCharsets.UTF_8);
        assertEquals(ExitCode.INTERRUPTED, exitCode, text);
        assertTrue(text.contains("the same command goes on from there."), text);
    }

    @Test
    void shouldGoOnAfterCtrlCWithoutCheckpointsInBetween() throws IOException {
        makeInput(20, new Random(1));
        interrupt(count("--ngram=2", input().toString()));
        assertTrue(Files.exists(store().resolve("CLEAN-CLOSE")));
        long kept = committed();
        Path json = parent.resolve("out.json");
        Run last = again("--ngram=2", "--verify", "--threads=3", "--json=" + json, input().toString());
        assertEquals(ExitCode.DONE, last.exitCode(), last.out() + last.err());
        assertTrue(last.out().contains("total     " + 20 * (TOKENS_A_FILE - 1) + "\n") && last.out().contains("verified  yes"), last.out());
        assertTrue(Files.readString(json).contains("\"resumedFrom\": " + kept + ","), Files.readString(json));
        assertEquals(kept > 0, last.out().contains("resumed   from " + kept + " tokens"), last.out());
    }

    @Test
    void shouldPrintTheResultOfACompleteCountWithoutCounting() throws IOException {
        makeInput(3, new Random(2));
        Run first = again("--checkpoint-every=1h", input().toString());
        assertEquals(ExitCode.DONE, first.exitCode(), first.err());
        Map<Path, Object> checkpoints = contents(store().resolve("checkpoints"));
        Run second = again("--verify", input().toString());
        assertEquals(checkpoints, contents(store().resolve("checkpoints")), "nothing was done, so nothing takes room");
        assertEquals(ExitCode.DONE, second.exitCode(), second.out() + second.err());
        assertTrue(second.out().contains("resumed   from " + 3 * TOKENS_A_FILE + " tokens"), second.out());
        assertTrue(second.out().contains("verified  yes"), second.out());
        assertEquals(first.out().lines().limit(6).toList(), second.out().lines().limit(6).toList());
        assertEquals(3L * TOKENS_A_FILE, committed());
    }

    /** What a process leaves that is killed there: what the kernel has of its files. */
    private void leaveOpen(Consumer<Store> use) throws IOException {
        Path other = parent.resolve("other");
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).buckets(1 << 15).directory(other).build())) {
            use.accept(store);
            try (Stream<Path> files = Files.walk(other)) {
                for (Path file : files.filter(file -> !file.endsWith("LOCK")).toList()) {
                    Files.copy(file, store().resolve(other.relativize(file).toString()));
                }
            }
        }
    }

    @Test
    void shouldBeginAtZeroWhereNothingWasCommitted() throws IOException {
        makeInput(3, new Random(3));
        leaveOpen(store -> store.openSession("lane 0").close());
        Path json = parent.resolve("out.json");
        Run run = again("--verify", "--json=" + json, input().toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.out() + run.err());
        assertTrue(run.out().contains("total     " + 3 * TOKENS_A_FILE + "\n"), run.out());
        assertTrue(Files.readString(json).contains("\"resumedFrom\": 0,"), Files.readString(json));
    }

    @Test
    void shouldRefuseRecordsThatNoCheckpointHolds() throws IOException {
        makeInput(1, new Random(3));
        leaveOpen(store -> {
            for (long key = 0; key < 3 << 15; key++) { // three times what the memory holds
                store.put(key, key);
            }
        });
        Map<Path, Object> before = contents(store());
        assertRefused("the store in it has no checkpoint, and holds records", input().toString());
        assertEquals(before, contents(store()));
    }

    @Test
    void shouldKeepTheIndexOfTheFirstRunWhereNoOtherIsAskedFor() throws IOException {
        makeInput(1, new Random(3));
        Path json = parent.resolve("out.json");
        assertEquals(ExitCode.DONE, again("--index=2m", input().toString()).exitCode());
        Run less = again("--index=1m", input().toString());
        assertEquals(ExitCode.COULD_NOT_RUN, less.exitCode(), less.out());
        assertTrue(less.err().contains("has an index of 32768 buckets of 64 bytes, and 16384 are asked for"), less.err());
        Run same = Run.of("count", "-q", "--memory=1m", "--dir=" + store(), "--json=" + json, input().toString());
        assertEquals(ExitCode.DONE, same.exitCode(), same.err());
        assertTrue(Files.readString(json).contains("\"indexBytes\": " + (2 << 20) + ","), Files.readString(json));
        assertEquals(ExitCode.DONE, again("--index=4m", input().toString()).exitCode());
    }

    @Test
    void shouldBeginInADirectoryWhereAKilledProcessHadNotMadeAStoreYet() throws IOException {
        makeInput(1, new Random(4));
        Files.createDirectory(store());
        Files.createFile(store().resolve("LOCK"));
        Run run = again(input().toString());
        assertEquals(ExitCode.DONE, run.exitCode(), run.err());
    }

    @Test
    void shouldRefuseOtherInputAndOtherStoresAndTouchNothing() throws IOException {
        makeInput(3, new Random(5));
        assertEquals(ExitCode.DONE, again(input().toString()).exitCode());
        Map<Path, Object> before = contents(store());
        assertRefused("the count in it is of --ngram 1, and this one is of --ngram 2", "--ngram=2", input().toString());
        assertRefused("the count in it is of other input: 3 files of ", input().resolve("0000").toString());
        assertRefused("cannot go on", "-");
        FileTime changed = Files.getLastModifiedTime(input().resolve("0001"));
        Files.setLastModifiedTime(input().resolve("0001"), FileTime.from(changed.toMillis() + 5_000, TimeUnit.MILLISECONDS));
        assertRefused("the time of its last change, is another", input().toString());
        assertEquals(before, contents(store()));
    }

    @Test
    void shouldRefuseAStoreThatItDidNotMakeOrThatIsBroken() throws IOException {
        makeInput(1, new Random(6));
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).directory(store()).build())) {
            store.put(1, 1);
        }
        Map<Path, Object> before = contents(store());
        assertRefused("the store in it was not made by this command", input().toString());
        assertEquals(before, contents(store()));
        try (Store store = Store.open(StoreConfig.builder().memory(1 << 20).directory(store()).build());
                Inputs inputs = Inputs.of(List.of(input().toString()), InputStream.nullInputStream(), false)) {
            store.checkpoint(CheckpointRequest.full().cookie(new CountNote(CountNote.Stage.BROKEN, 64, 1, inputs.fingerprint()).toBytes())).join();
        }
        assertRefused("the count in it cannot go on, because an update of its store failed", input().toString());
    }

    /** The index is full before the end: what that update did not count must not pass for counted, at the close or in a checkpoint before it. */
    @Test
    void shouldNeverTakeAnUpdateThatFailedForDone() throws IOException {
        makeInput(8, new Random(7));
        Run full = again("--index=64", input().toString());
        assertEquals(ExitCode.COULD_NOT_RUN, full.exitCode(), full.out());
        assertTrue(full.err().contains("The index is full: 64 are too little for so many different words; give a larger --index"), full.err());
        assertEquals(0, committed());
        Run often = again("--index=64", "--checkpoint-every=1ms", "--threads=3", input().toString());
        assertTrue(often.err().contains("The index is full: "), often.err());
        long kept = committed();
        Run last = again("--index=1m", "--verify", input().toString());
        if (last.exitCode() == ExitCode.DONE) {
            assertTrue(last.out().contains("verified  yes"), last.out());
            assertTrue(kept == 0 || last.out().contains("resumed   from " + kept + " tokens"), last.out());
        } else {
            assertTrue(last.err().contains("the count in it cannot go on, because an update of its store failed"), last.out() + last.err());
        }
    }

    @Test
    void shouldNotWriteIntoItsInputNorOverItsStore() throws IOException {
        makeInput(2, new Random(8));
        Path inside = input().resolve("words");
        Run counted = Run.of("count", "-q", "--dir=" + inside, input().toString());
        assertEquals(ExitCode.COULD_NOT_RUN, counted.exitCode(), counted.out());
        assertTrue(counted.err().contains("this lies in " + input() + ", which is to be counted"), counted.err());
        assertFalse(Files.exists(inside));
        Run result = again("--json=" + input().resolve("out.json"), input().toString());
        assertTrue(result.err().contains("this lies in " + input() + ", which is to be counted"), result.err());
        assertEquals(ExitCode.DONE, again(input().toString()).exitCode());
        Map<Path, Object> before = contents(store());
        Run over = again("--json=" + store().resolve("IDENTITY"), input().toString());
        assertEquals(ExitCode.COULD_NOT_RUN, over.exitCode(), over.out());
        assertTrue(over.err().contains("this would be among the files of the store in "), over.err());
        assertEquals(before, contents(store()));
    }

    @Test
    void shouldSayHowToGoOnWhereTheNewestCheckpointIsDamaged() throws IOException {
        makeInput(2, new Random(9));
        assertEquals(ExitCode.DONE, again(input().toString()).exitCode());
        Path manifest;
        try (Stream<Path> files = Files.list(store())) {
            manifest = files.filter(file -> file.getFileName().toString().startsWith("MANIFEST-")).max(Path::compareTo).orElseThrow(); // of one digit
        }
        byte[] bytes = Files.readAllBytes(manifest);
        bytes[50] ^= 1;
        Files.write(manifest, bytes);
        Run run = again(input().toString());
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), run.out());
        assertTrue(run.err().contains(manifest.getFileName() + " is damaged at offset ") && run.err().contains("tideline checkpoint " + store() + " --fall-back"), run.err());
        assertEquals(ExitCode.DONE, Run.of("checkpoint", "-q", "--fall-back", store().toString()).exitCode());
        Run last = again("--verify", input().toString());
        assertEquals(ExitCode.DONE, last.exitCode(), last.out() + last.err());
        assertTrue(last.out().contains("verified  yes"), last.out());
    }

    private void assertRefused(String reason, String... more) {
        Run run = again(more);
        assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), run.out());
        assertTrue(run.err().contains(reason) && run.err().contains("nothing of it was touched"), run.err());
        assertEquals(1, run.err().lines().count(), run.err());
        assertEquals("", run.out());
    }

    @Test
    void shouldRefuseAnIntervalThatMakesNoSense() {
        for (String[] line : new String[][] {{"count", "--checkpoint-every=1s", "-"}, {"count", "--checkpoint-every=0s", "--dir=" + store(), "-"},
            {"count", "--checkpoint-every=1", "--dir=" + store(), "-"}}) {
            Run run = Run.of(line);
            assertEquals(ExitCode.COULD_NOT_RUN, run.exitCode(), run.out());
            assertTrue(run.err().contains("--checkpoint-every"), run.err());
        }
        assertFalse(Files.exists(store()));
    }

    private static Map<Path, Object> contents(Path directory) throws IOException {
        Map<Path, Object> contents = new HashMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                contents.put(file, Files.isDirectory(file) ? "" : List.of(Arrays.hashCode(Files.readAllBytes(file)), Files.getLastModifiedTime(file)));
            }
        }
        return contents;
    }
}
