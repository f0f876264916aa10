package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.memory.OpenFileLock.Answer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFileLockTest {
    private static final long OFFSET = 1L << 40;
    private static final String FREE = "free";
    private static final String TAKEN = "taken";

    @TempDir
    private Path parent;
    private Path path;

    @BeforeEach
    void makeFile() throws IOException {
        assumeTrue(LinuxCall.areThere());
        path = Files.writeString(parent.resolve("LOCK"), "somebody");
    }

    private static FileChannel channel(Path path) throws IOException {
        return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Another process that tries both kinds of locks, and says whether each is free. */
    static final class Child {
        private Child() {
        }

        public static void main(String[] args) throws IOException {
            Path path = Path.of(System.getProperty("locked"));
            String posix;
            try (FileChannel channel = channel(path); FileLock lock = channel.tryLock(OFFSET, 1, false)) {
                posix = lock == null ? TAKEN : FREE;
            }
            try (OpenFileLock lock = OpenFileLock.open(path, true)) {
                System.out.print(posix + " " + (lock == null ? "unsupported" : lock.tryTake(OFFSET, 1, true) == Answer.TAKEN ? FREE : TAKEN));
            }
        }
    }

    private String seenByAnotherProcess(String... flags) throws Exception {
        String[] all = new String[flags.length + 1];
        System.arraycopy(flags, 0, all, 1, flags.length);
        all[0] = "-Dlocked=" + path;
        return ChildJvm.run(Child.class, all);
    }

    @Test
    void shouldStayWhenTheProcessReadsAndClosesTheFile() throws Exception {
        try (OpenFileLock lock = OpenFileLock.open(path, true)) {
            assertEquals(Answer.TAKEN, lock.tryTake(OFFSET, 1, true));
            assertEquals("somebody", Files.readString(path));
            assertEquals(TAKEN + " " + TAKEN, seenByAnotherProcess("--enable-native-access=ALL-UNNAMED"));
        }
        assertEquals(FREE + " " + FREE, seenByAnotherProcess("--enable-native-access=ALL-UNNAMED"));
    }

    /** The control of the test above: what a lock of the process does. */
    @Test
    void shouldShowThatAFileLockIsLostThatWay() throws Exception {
        try (FileChannel channel = channel(path)) {
            assertNotNull(channel.tryLock(OFFSET, 1, false));
            assertEquals(TAKEN + " " + TAKEN, seenByAnotherProcess("--enable-native-access=ALL-UNNAMED"));
            assertEquals("somebody", Files.readString(path));
            assertEquals(FREE + " " + FREE, seenByAnotherProcess("--enable-native-access=ALL-UNNAMED"));
        }
    }

    @Test
    void shouldRefuseALockOfTheSameProcessAndBeRefusedByIt() throws Exception {
        try (OpenFileLock lock = OpenFileLock.open(path, true); FileChannel channel = channel(path)) {
            assertEquals(Answer.TAKEN, lock.tryTake(OFFSET, 1, true));
            assertNull(channel.tryLock(OFFSET, 1, false));
            assertNull(channel.tryLock(OFFSET, 1, true));
            assertFalse(lock.meetsThisProcess(OFFSET, 1));
        }
        try (FileChannel channel = channel(path); OpenFileLock lock = OpenFileLock.open(path, true)) {
            assertNotNull(channel.tryLock(OFFSET, 1, false));
            assertEquals(Answer.REFUSED, lock.tryTake(OFFSET, 1, true));
            assertTrue(lock.meetsThisProcess(OFFSET, 1));
        }
    }

    @Test
    void shouldTellTwoOpeningsOfOneProcessApart() throws Exception {
        try (OpenFileLock one = OpenFileLock.open(path, true); OpenFileLock other = OpenFileLock.open(path, true)) {
            assertEquals(Answer.TAKEN, one.tryTake(OFFSET, 1, true));
            assertEquals(Answer.TAKEN, one.tryTake(OFFSET, 1, true), "it keeps what it has");
            assertEquals(Answer.REFUSED, other.tryTake(OFFSET, 1, true));
            assertEquals(Answer.REFUSED, other.tryTake(OFFSET, 1, false));
            assertFalse(other.meetsThisProcess(OFFSET, 1), "it belongs to no process");
            assertEquals(Answer.TAKEN, other.tryTake(0, 1, true), "other bytes are free");
        }
        try (OpenFileLock one = OpenFileLock.open(path, false); OpenFileLock other = OpenFileLock.open(path, false);
                OpenFileLock writer = OpenFileLock.open(path, true)) {
            assertEquals(Answer.TAKEN, one.tryTake(OFFSET, 1, false));
            assertEquals(Answer.TAKEN, other.tryTake(OFFSET, 1, false));
            assertEquals(Answer.REFUSED, writer.tryTake(OFFSET, 1, true));
        }
    }

    @Test
    void shouldOpenNothingThroughALink() throws IOException {
        Path link = Files.createSymbolicLink(parent.resolve("link"), path);
        for (boolean exclusive : new boolean[] {true, false}) {
            assertThrows(FileSystemException.class, () -> OpenFileLock.open(link, exclusive));
            assertThrows(FileSystemException.class, () -> OpenFileLock.open(parent.resolve("missing"), exclusive));
        }
    }

    @Test
    void shouldNotBeThereWhereNativeAccessIsDenied() throws Exception {
        assertEquals(FREE + " unsupported", seenByAnotherProcess("--illegal-native-access=deny"));
    }
}
