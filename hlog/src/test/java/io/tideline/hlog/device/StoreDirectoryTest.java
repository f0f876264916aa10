package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.FormatFault;
import io.tideline.fault.IoFault;
import io.tideline.fault.LockedFault;
import io.tideline.memory.CloseOnExec;
import io.tideline.memory.NativeFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@EnabledOnOs(OS.LINUX)
final class StoreDirectoryTest {
    private static final String WON = "1 won";

    @TempDir
    private Path parent;

    private Path directory() {
        return parent.resolve("store");
    }

    private static String refusal(Path directory) {
        return assertThrows(LockedFault.class, () -> StoreDirectory.lock(directory)).getMessage();
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private void makeStore() throws IOException {
        StoreDirectory.lock(directory()).close();
        Files.writeString(directory().resolve("IDENTITY"), "here");
        Files.createDirectory(directory().resolve("log"));
    }

    // --- what is made ---

    @Test
    void shouldMakeTheDirectoryForItsOwnerAlone() throws IOException {
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            assertTrue(held.isFresh());
            assertEquals(List.of("LOCK"), held.names());
            assertEquals(directory().toRealPath(), held.path());
            assertEquals("rwx------", permissions(directory()));
            assertEquals("rw-------", permissions(directory().resolve("LOCK")));
        }
        assertTrue(Files.exists(directory().resolve("LOCK")), "deleting it would let two in");
    }

    @Test
    void shouldLeaveTheModeOfADirectoryThatIsThere() throws IOException {
        Files.createDirectory(directory(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        String before = permissions(directory());
        StoreDirectory.lock(directory()).close();
        assertEquals(before, permissions(directory()));
    }

    @Test
    void shouldNotMakeParents() {
        Path below = parent.resolve("missing").resolve("store");
        String message = assertThrows(IoFault.class, () -> StoreDirectory.lock(below)).getMessage();
        assertTrue(message.contains(below + " cannot be made, because its parent is not there"), message);
        assertFalse(Files.exists(parent.resolve("missing")));
    }

    @Test
    void shouldRefuseAFileInThePlaceOfTheDirectory() throws IOException {
        Files.writeString(directory(), "a file");
        assertTrue(assertThrows(IoFault.class, () -> StoreDirectory.lock(directory())).getMessage().contains("is not a directory"));
        String looking = assertThrows(IoFault.class, () -> StoreDirectory.look(directory())).getMessage();
        assertTrue(looking.contains("is not a directory"), looking);
        assertEquals("a file", Files.readString(directory()));
    }

    // --- what is inside ---

    @Test
    void shouldTellAStoreFromAFreshDirectory() throws IOException {
        makeStore();
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            assertFalse(held.isFresh());
            assertEquals(List.of("IDENTITY", "LOCK", "log"), held.names());
        }
    }

    @Test
    void shouldTakeWhatACreationCutShortLeftForFresh() throws IOException {
        StoreDirectory.lock(directory()).close();
        Files.writeString(directory().resolve("IDENTITY.tmp"), "half");
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            assertTrue(held.isFresh());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"letter.txt", "log", "MANIFEST-1", "CLEAN-CLOSE", ".hidden"})
    void shouldRefuseForeignFilesAndTouchNothing(String foreign) throws IOException {
        Files.createDirectory(directory());
        Files.writeString(directory().resolve(foreign), "mine");
        FileTime before = Files.getLastModifiedTime(directory());
        for (int i = 0; i < 2; i++) {
            String message = assertThrows(FormatFault.class, () -> StoreDirectory.lock(directory())).getMessage();
            assertTrue(message.contains("holds " + foreign + " but no IDENTITY"), message);
        }
        assertThrows(FormatFault.class, () -> StoreDirectory.look(directory()));
        try (Stream<Path> files = Files.list(directory())) {
            assertEquals(List.of(directory().resolve(foreign)), files.toList());
        }
        assertEquals(before, Files.getLastModifiedTime(directory()));
        assertEquals("mine", Files.readString(directory().resolve(foreign)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"MANIFEST-12", "CLEAN-CLOSE", "log/000000000003", "checkpoints/2-index"})
    void shouldAskForTheIdentityOfWhatLooksLikeAStore(String file) throws IOException {
        Files.createDirectories(directory().resolve(file).getParent());
        Files.writeString(directory().resolve("a.txt"), "mine");
        for (Executable taking : List.<Executable>of(() -> StoreDirectory.lock(directory()), () -> StoreDirectory.look(directory()))) {
            Files.deleteIfExists(directory().resolve(file));
            String stranger = assertThrows(FormatFault.class, taking).getMessage();
            assertTrue(stranger.contains("holds a.txt but no IDENTITY, so it is not a store"), stranger);
            Files.writeString(directory().resolve(file), "");
            String robbed = assertThrows(FormatFault.class, taking).getMessage();
            assertTrue(robbed.contains("holds " + file + " but no IDENTITY") && robbed.contains("Put IDENTITY back from a copy"), robbed);
        }
        assertFalse(Files.exists(directory().resolve("LOCK")));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldNotFollowALockThatIsALink(boolean dangling) throws IOException {
        makeStore();
        Path target = parent.resolve("target");
        if (!dangling) {
            Files.writeString(target, "precious");
        }
        Files.delete(directory().resolve("LOCK"));
        Files.createSymbolicLink(directory().resolve("LOCK"), target);
        String message = assertThrows(FormatFault.class, () -> StoreDirectory.lock(directory())).getMessage();
        assertTrue(message.contains("LOCK is not a regular file"), message);
        assertThrows(FormatFault.class, () -> StoreDirectory.look(directory()));
        assertEquals(!dangling, Files.exists(target));
        if (!dangling) {
            assertEquals("precious", Files.readString(target));
        }
    }

    /** Each way of standing under a name without being what belongs there, and how a refusal calls it. */
    private enum Stranger {
        LINK, DANGLING_LINK, FIFO, DIRECTORY, FILE;

        /** What a refusal says of it. */
        String stand(Path path, Path outside) throws Exception {
            switch (this) {
                case LINK, DANGLING_LINK -> {
                    Path target = this == LINK ? outside : outside.resolveSibling("nowhere");
                    Files.createSymbolicLink(path, target);
                    return "a symbolic link to " + target;
                }
                case FIFO -> {
                    Process made = new ProcessBuilder("mkfifo", path.toString()).inheritIO().start();
                    assertEquals(0, made.waitFor());
                    return "a FIFO";
                }
                case DIRECTORY -> {
                    Files.createDirectory(path);
                    return "a directory";
                }
                case FILE -> {
                    Files.writeString(path, "a file");
                    return "a file";
                }
            }
            throw new AssertionError(this);
        }
    }

    private List<String> everything() throws IOException {
        try (Stream<Path> all = Files.walk(directory())) {
            List<String> found = new ArrayList<>();
            for (Path each : all.sorted().toList()) {
                found.add(each + " " + Files.getAttribute(each, "unix:mode", LinkOption.NOFOLLOW_LINKS)
                        + " " + Files.getAttribute(each, "unix:ino", LinkOption.NOFOLLOW_LINKS)
                        + (Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS) ? " " + Files.readString(each) : ""));
            }
            return found;
        }
    }

    private void assertLeftAlone(String expected) throws IOException {
        List<String> before = everything();
        for (int i = 0; i < 2; i++) {
            assertTrue(assertThrows(FormatFault.class, () -> StoreDirectory.lock(directory())).getMessage().startsWith(expected), expected);
            assertTrue(assertThrows(FormatFault.class, () -> StoreDirectory.look(directory())).getMessage().startsWith(expected), expected);
        }
        assertEquals(before, everything());
    }

    @ParameterizedTest
    @ValueSource(strings = {"LOCK", "IDENTITY", "IDENTITY.tmp", "CLEAN-CLOSE", "CLEAN-CLOSE.tmp", "MANIFEST-3", "MANIFEST-3.tmp", "log/000000000001",
            "checkpoints/2-index"})
    void shouldRefuseWhatIsNoFileWhereAFileBelongs(String name) throws Exception {
        makeStore();
        Files.createDirectory(directory().resolve("checkpoints"));
        Path path = directory().resolve(name);
        Path outside = Files.writeString(parent.resolve("outside"), "precious");
        boolean isNeeded = !name.equals("LOCK") && !name.endsWith(".tmp");
        for (Stranger stranger : List.of(Stranger.LINK, Stranger.DANGLING_LINK, Stranger.FIFO, Stranger.DIRECTORY)) {
            Files.deleteIfExists(path);
            String kind = stranger.stand(path, outside);
            assertLeftAlone(path.toRealPath(LinkOption.NOFOLLOW_LINKS) + " is not a regular file but " + kind + ", so the directory was left alone; "
                    + (isNeeded ? "put the file that was there in its place" : "remove it") + ", or choose another directory");
        }
        assertEquals("precious", Files.readString(outside));
        assertFalse(Files.exists(parent.resolve("nowhere")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"log", "checkpoints"})
    void shouldRefuseWhatIsNoDirectoryWhereOneBelongs(String name) throws Exception {
        makeStore();
        Path path = directory().resolve(name);
        Path outside = Files.createDirectory(parent.resolve("outside"));
        for (Stranger stranger : List.of(Stranger.LINK, Stranger.DANGLING_LINK, Stranger.FIFO, Stranger.FILE)) {
            Files.deleteIfExists(path);
            String kind = stranger.stand(path, outside);
            assertLeftAlone(path.toRealPath(LinkOption.NOFOLLOW_LINKS) + " is not a directory but " + kind
                    + ", so the directory was left alone; put the directory that was there in its place, or choose another directory");
        }
    }

    @Test
    void shouldNotCareForLinksUnderNamesThatAreNotItsOwn() throws Exception {
        makeStore();
        for (String name : List.of("notes", "MANIFEST-", "MANIFEST-07", "log/notes", "log/lost+found")) {
            Stranger.LINK.stand(directory().resolve(name), parent);
        }
        StoreDirectory.lock(directory()).close();
        StoreDirectory.look(directory()).close();
    }

    // --- one process ---

    @Test
    void shouldRefuseASecondOpeningUnderEverySpelling() throws Exception {
        Path link = Files.createSymbolicLink(parent.resolve("link"), directory());
        Path linkToParent = Files.createSymbolicLink(parent.resolve("up"), parent);
        List<Path> spellings = List.of(directory(), link, linkToParent.resolve("store"), directory().resolve("../store/."),
                Path.of("").toAbsolutePath().relativize(directory().toAbsolutePath()));
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            for (Path spelling : spellings) {
                String message = refusal(spelling);
                assertTrue(message.contains(held.path() + " is in use by this process (" + ProcessHandle.current().pid() + "); close it there first"),
                        message);
                assertThrows(LockedFault.class, () -> StoreDirectory.look(spelling));
            }
            String other = DirectoryProcess.attempt("lock", directory());
            assertTrue(other.contains("in use by process " + ProcessHandle.current().pid()), "the refusals lost the lock: " + other);
        }
        for (Path spelling : spellings) {
            StoreDirectory.lock(spelling).close();
        }
    }

    /** Whoever copies the directory of an open store does all of this. */
    @Test
    void shouldKeepTheLockWhateverTheSameProcessDoesWithTheFile() throws Exception {
        Path link = Files.createSymbolicLink(parent.resolve("link"), directory());
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            Path lock = held.path().resolve("LOCK");
            assertTrue(Files.readString(lock).startsWith("pid " + ProcessHandle.current().pid()));
            Files.copy(link.resolve("LOCK"), parent.resolve("copy"));
            try (FileChannel second = FileChannel.open(lock, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                assertNull(second.tryLock(1L << 40, 1, false), "the directory is held against all who lock the file");
            }
            for (String how : List.of("lock", "look")) {
                for (Path spelling : List.of(directory(), link)) {
                    String other = DirectoryProcess.attempt(how, spelling);
                    assertTrue(other.contains("in use by process " + ProcessHandle.current().pid()), other);
                }
            }
            held.requireHeld();
        }
        assertEquals(WON, DirectoryProcess.attempt("lock", directory()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldTellWhenTheFileThatItLockedIsNotTheOneOfTheDirectory(boolean replaced) throws Exception {
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            held.requireHeld();
            Path lock = held.path().resolve("LOCK");
            Files.delete(lock);
            if (replaced) {
                Files.writeString(lock, "");
            }
            for (int i = 0; i < 2; i++) {
                String message = assertThrows(LockedFault.class, held::requireHeld).getMessage();
                assertTrue(message.startsWith("the directory " + held.path() + " is not held any more: " + lock + " was removed or replaced; "), message);
            }
        }
    }

    @Test
    void shouldNotTakeAClosedDirectoryForHeld() {
        StoreDirectory closed = StoreDirectory.lock(directory());
        closed.close();
        assertTrue(assertThrows(LockedFault.class, closed::requireHeld).getMessage().contains("is not held any more: it was closed"));
    }

    @Test
    void shouldRefuseADirectoryWhoseLockIsAHardLinkToAHeldOne() throws IOException {
        Path copy = Files.createDirectory(parent.resolve("copy"));
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            Files.createLink(copy.resolve("LOCK"), held.path().resolve("LOCK"));
            assertTrue(refusal(copy).contains("in use by this process"));
        }
        StoreDirectory.lock(copy).close();
    }

    @Test
    void shouldRefuseAcrossClassLoaders() throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(":")) {
            classPath.add(Path.of(entry).toUri().toURL());
        }
        try (URLClassLoader loader = new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Method lock = loader.loadClass(StoreDirectory.class.getName()).getMethod("lock", Path.class);
            try (StoreDirectory held = StoreDirectory.lock(directory())) {
                Throwable cause = assertThrows(InvocationTargetException.class, () -> lock.invoke(null, directory())).getCause();
                assertEquals(LockedFault.class.getName(), cause.getClass().getName(), cause.toString());
                assertFalse(cause instanceof LockedFault, "this is the same class loader");
                assertTrue(DirectoryProcess.attempt("lock", held.path()).startsWith("LockedFault"));
            }
            AutoCloseable other = (AutoCloseable) lock.invoke(null, directory());
            try {
                assertTrue(refusal(directory()).contains("this process"), other.toString());
            } finally {
                other.close();
            }
        }
        StoreDirectory.lock(directory()).close();
    }

    @Test
    void shouldNotLoseTheLockOfStrangersInTheSameProcess() throws Exception {
        makeStore();
        try (RandomAccessFile strangers = new RandomAccessFile(directory().resolve("LOCK").toFile(), "rw")) {
            assertTrue(strangers.getChannel().lock().isValid());
            for (int i = 0; i < 2; i++) {
                assertTrue(refusal(directory()).contains("in use by this process"));
                assertTrue(DirectoryProcess.attempt("lock", directory()).startsWith("LockedFault"));
            }
        }
    }

    @Test
    void shouldLetExactlyOneOfManyThreadsIn() throws Exception {
        for (int round = 0; round < 25; round++) {
            List<StoreDirectory> won = new ArrayList<>();
            List<String> refusals = new ArrayList<>();
            DirectoryProcess.race(20, () -> StoreDirectory.lock(directory()), won, refusals);
            assertEquals(1, won.size(), refusals.toString());
            assertTrue(refusals.stream().allMatch(text -> text.startsWith("LockedFault: ")), refusals.toString());
            won.forEach(StoreDirectory::close);
        }
    }

    @Test
    void shouldOpenAgainAfterEachCloseAndTakeTwoCloses() {
        StoreDirectory first = StoreDirectory.lock(directory());
        first.close();
        StoreDirectory second = StoreDirectory.lock(directory());
        first.close();
        assertTrue(refusal(directory()).contains("this process"), "the second close of the first took the second's lock");
        second.close();
        StoreDirectory.lock(directory()).close();
    }

    @Test
    void shouldOpenOnAThreadThatIsInterrupted() throws Exception {
        Thread.currentThread().interrupt();
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            assertTrue(Thread.interrupted());
            assertTrue(DirectoryProcess.attempt("lock", held.path()).startsWith("LockedFault"));
        }
    }

    @Test
    void shouldKeepNoDescriptorAndNoClaim() throws IOException {
        makeStore();
        Path foreign = Files.createDirectory(parent.resolve("foreign"));
        Files.writeString(foreign.resolve("letter.txt"), "mine");
        openAndRefuse(foreign);
        int before = descriptorsInParent().size();
        for (int i = 0; i < 100; i++) {
            openAndRefuse(foreign);
        }
        assertEquals(0, before);
        assertEquals(List.of(), descriptorsInParent());
        String inode = Files.getAttribute(directory(), "unix:ino").toString();
        assertFalse(System.getProperties().stringPropertyNames().stream().anyMatch(key -> key.contains("ino=" + inode + ")")));
    }

    private void openAndRefuse(Path foreign) {
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            refusal(held.path());
        }
        StoreDirectory.look(directory()).close();
        assertThrows(FormatFault.class, () -> StoreDirectory.lock(foreign));
    }

    /** Those that lead into the directory of this test. */
    private List<Path> descriptorsInParent() throws IOException {
        List<Path> ours = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                // one that was open for the listing alone is gone by now
                if (Files.exists(descriptor) && Files.readSymbolicLink(descriptor).startsWith(parent.toRealPath())) {
                    ours.add(descriptor);
                }
            }
        }
        return ours;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldHandNoDescriptorToProgramsItStarts(boolean throughLink) throws Exception {
        StoreDirectory.lock(directory()).close();
        Path way = throughLink ? Files.createSymbolicLink(parent.resolve("link"), directory()) : directory();
        try (StoreDirectory held = StoreDirectory.lock(way); FileDevice device = new FileDevice(way, 1); DeviceFile file = device.create("log-0")) {
            List<Path> ours = descriptorsInParent();
            assertEquals(NativeFile.isSupported() ? 4 : 2, ours.size(), file.path() + " and its reader, LOCK and its lock");
            for (Path descriptor : ours) {
                assertEquals(CloseOnExec.isSupported(), DirectoryDeviceSpec.isClosedOnExec(descriptor), Files.readSymbolicLink(descriptor) + " of " + held.path());
            }
            Process child = new ProcessBuilder("ls", "-l", "/proc/self/fd").redirectErrorStream(true).start();
            String descriptors = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(0, child.waitFor(), descriptors);
            assertTrue(descriptors.contains("pipe:"), descriptors);
            assertFalse(descriptors.contains(held.path().toString()), descriptors);
        }
    }

    // --- other processes ---

    @Test
    void shouldSayWhichOtherProcessHasIt() throws Exception {
        try (DirectoryProcess other = DirectoryProcess.start("lock", directory(), 1)) {
            other.go();
            assertEquals(WON, other.answer());
            String host = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
            String expected = directory().toRealPath() + " is in use by process " + other.pid() + " of user " + System.getProperty("user.name")
                    + " on host " + host + ", running since 20";
            assertTrue(refusal(directory()).contains(expected), refusal(directory()));
            assertTrue(assertThrows(LockedFault.class, () -> StoreDirectory.look(directory())).getMessage().contains(expected));
        }
        StoreDirectory.lock(directory()).close();
    }

    /** Builds of both kinds of locks, and processes that may use only one, meet in one directory. */
    @Test
    void shouldKeepOutAndBeKeptOutByProcessesWithTheOtherKindOfLock() throws Exception {
        makeStore();
        try (StoreDirectory held = StoreDirectory.lock(directory())) {
            for (String how : List.of("lock", "look")) {
                try (DirectoryProcess other = DirectoryProcess.startWithoutCalls(how, held.path())) {
                    other.go();
                    String answer = other.answer();
                    assertTrue(answer.contains("in use by process " + ProcessHandle.current().pid()), answer);
                }
            }
        }
        try (DirectoryProcess other = DirectoryProcess.startWithoutCalls("lock", directory())) {
            other.go();
            assertEquals(WON, other.answer());
            assertTrue(refusal(directory()).contains("in use by process " + other.pid()), refusal(directory()));
            assertThrows(LockedFault.class, () -> StoreDirectory.look(directory()));
        }
        try (DirectoryProcess other = DirectoryProcess.startWithoutCalls("look", directory())) {
            other.go();
            assertEquals(WON, other.answer());
            assertTrue(refusal(directory()).contains("another process, which only looks at it"), refusal(directory()));
            StoreDirectory.look(directory()).close();
        }
        StoreDirectory.lock(directory()).close();
    }

    @Test
    void shouldNotBeHeldUpByWhatAKilledProcessLeft() throws Exception {
        try (DirectoryProcess other = DirectoryProcess.start("lock", directory(), 1)) {
            other.go();
            assertEquals(WON, other.answer());
            assertTrue(refusal(directory()).contains("process " + other.pid()));
            other.kill();
            assertTrue(Files.readString(directory().resolve("LOCK")).startsWith("pid " + other.pid() + "\n"), "its signature is still there");
            try (StoreDirectory held = StoreDirectory.lock(directory())) {
                assertTrue(held.isFresh());
                assertTrue(Files.readString(directory().resolve("LOCK")).startsWith("pid " + ProcessHandle.current().pid()));
            }
        }
    }

    @Test
    void shouldLetExactlyOneOfManyThreadsOfManyProcessesIn() throws Exception {
        List<DirectoryProcess> processes = new ArrayList<>();
        try {
            for (int i = 0; i < 4; i++) {
                processes.add(DirectoryProcess.start("lock", directory(), 5));
            }
            processes.forEach(DirectoryProcess::go);
            List<String> answers = new ArrayList<>();
            for (DirectoryProcess process : processes) {
                answers.add(process.answer());
            }
            assertEquals(1, answers.stream().filter(WON::equals).count(), answers.toString());
            assertEquals(3, answers.stream().filter(answer -> answer.startsWith("LockedFault: ")).count(), answers.toString());
        } finally {
            for (DirectoryProcess process : processes) {
                process.close();
            }
        }
    }

    /** Openings and closings of two processes with three threads each; whoever is in makes a file that must not be there. */
    @Test
    void shouldNeverLetTwoInAtOnce() throws Exception {
        makeStore();
        try (DirectoryProcess one = DirectoryProcess.start("churn", directory(), 3);
                DirectoryProcess other = DirectoryProcess.start("churn", directory(), 3)) {
            one.go();
            other.go();
            assertEquals("3 threads were inside alone, 300 times each", one.answer());
            assertEquals("3 threads were inside alone, 300 times each", other.answer());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "pid x\n", "pid 7\nuser \u001b[31m\u0007\nhost a b\n", "pid 99999999999999999999\n", "\u0000\u0001\u0002"})
    void shouldShowWhateverStandsInTheLockSafely(String text) throws Exception {
        try (DirectoryProcess other = DirectoryProcess.start("lock", directory(), 1)) {
            other.go();
            assertEquals(WON, other.answer());
            Files.writeString(directory().resolve("LOCK"), text);
            String message = refusal(directory());
            assertTrue(message.chars().allMatch(c -> c >= ' ' && c < 127), message);
            assertTrue(text.startsWith("pid 7") ? message.contains("process 7 of user ?[31m? on host a b, running since ?")
                    : message.contains("has not signed LOCK yet"), message);
        }
    }

    // --- looking ---

    @Test
    void shouldKeepWritersOutWhileSomebodyLooks() throws Exception {
        makeStore();
        try (DirectoryProcess other = DirectoryProcess.start("look", directory(), 1)) {
            other.go();
            assertEquals(WON, other.answer());
            assertTrue(refusal(directory()).contains("another process, which only looks at it"), refusal(directory()));
            try (StoreDirectory second = StoreDirectory.look(directory())) {
                assertEquals(List.of("IDENTITY", "LOCK", "log"), second.names());
            }
        }
        StoreDirectory.lock(directory()).close();
    }

    @Test
    void shouldNotChangeWhatItLooksAt() throws Exception {
        makeStore();
        Files.delete(directory().resolve("LOCK"));
        FileTime before = Files.getLastModifiedTime(directory());
        try (StoreDirectory seen = StoreDirectory.look(directory())) {
            assertFalse(seen.isFresh());
            assertEquals(List.of("IDENTITY", "log"), seen.names());
            assertTrue(refusal(directory()).contains("this process"));
        }
        assertEquals(before, Files.getLastModifiedTime(directory()));
    }

    @Test
    void shouldSayThatThereIsNothingToLookAt() {
        String message = assertThrows(IoFault.class, () -> StoreDirectory.look(directory())).getMessage();
        assertTrue(message.startsWith("there is no directory "), message);
        assertFalse(Files.exists(directory()));
    }
}
