package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.IoFault;
import io.tideline.memory.CloseOnExec;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link Device} keeps that has a real directory under it: modes, links, and descriptors given back. */
abstract class DirectoryDeviceSpec extends DeviceSpec {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int O_CLOEXEC = 02000000;

    @TempDir
    Path parent;
    private Path directory;

    /** The device under test over a directory that is there. */
    abstract Device over(Path path) throws Exception;

    @BeforeEach
    @Override
    void openDevice() throws Exception {
        directory = Files.createDirectory(parent.resolve("store"));
        super.openDevice();
    }

    @Override
    final Device newDevice() throws Exception {
        return over(directory);
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void shouldKeepOthersOut() throws IOException {
        assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
        device.create("plain").close();
        device.create("log/0").close();
        device.rename("plain", "sub/plain");
        assertEquals("rw-------", permissions(directory.resolve("sub/plain")));
        assertEquals("rw-------", permissions(directory.resolve("log/0")));
        assertEquals("rwx------", permissions(directory.resolve("log")));
        assertEquals("rwx------", permissions(directory.resolve("sub")));
    }

    @Test
    void shouldNotFollowALinkToAFile() throws IOException {
        Path outside = Files.writeString(parent.resolve("outside"), "not ours");
        Files.createSymbolicLink(directory.resolve("link"), outside);
        Files.createSymbolicLink(directory.resolve("dangling"), parent.resolve("nowhere"));
        device.create("ours").close();
        for (String link : List.of("link", "dangling")) {
            String overwriting = assertThrows(IoFault.class, () -> device.rename("ours", link)).getMessage();
            assertTrue(overwriting.contains(link + " is not a regular file but a symbolic link to ") && overwriting.contains("is not overwritten"), overwriting);
            assertThrows(IoFault.class, () -> device.open(link));
            assertThrows(IoFault.class, () -> device.create(link));
            assertThrows(IoFault.class, () -> device.delete(link));
            assertThrows(IoFault.class, () -> device.rename(link, "mine"));
            assertFalse(device.exists(link));
            assertTrue(Files.isSymbolicLink(directory.resolve(link)));
        }
        assertEquals(List.of("ours"), device.list());
        assertEquals("not ours", Files.readString(outside));
        assertFalse(Files.exists(parent.resolve("nowhere"), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void shouldNotFollowALinkToADirectory() throws IOException {
        Path outside = Files.createDirectory(parent.resolve("outside"));
        Files.writeString(outside.resolve("file"), "not ours");
        Files.createSymbolicLink(directory.resolve("log"), outside);
        device.create("mine").close();
        assertThrows(IoFault.class, () -> device.open("log/file"));
        assertThrows(IoFault.class, () -> device.create("log/fresh"));
        assertThrows(IoFault.class, () -> device.delete("log/file"));
        assertThrows(IoFault.class, () -> device.rename("log/file", "stolen"));
        assertThrows(IoFault.class, () -> device.rename("mine", "log/file"));
        assertEquals(List.of("mine"), device.list());
        device.syncDirectory();
        try (Stream<Path> files = Files.list(outside)) {
            assertEquals(List.of(outside.resolve("file")), files.toList());
        }
        assertEquals("not ours", Files.readString(outside.resolve("file")));
    }

    @Test
    void shouldListNothingThatCannotBeOpened() throws IOException {
        device.create("log/0").close();
        Files.createDirectories(directory.resolve("log/deeper/still"));
        Files.writeString(directory.resolve("log/deeper/file"), "");
        Files.writeString(directory.resolve(".hidden"), "");
        Files.writeString(directory.resolve("with space"), "");
        assertEquals(List.of("log/0"), device.list());
    }

    /** What descriptors of this process point to inside of the directory. */
    private List<String> openPaths() throws IOException {
        try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
            return descriptors.map(DirectoryDeviceSpec::target).filter(target -> target.startsWith(directory.toString())).toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException closedMeanwhile) {
            return "nothing any more, " + closedMeanwhile.getMessage();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        }
    }

    @Test
    void shouldOpenFilesForThisProgramAlone() throws IOException {
        assumeTrue(CloseOnExec.isSupported());
        try (DeviceFile made = device.create("made"); DeviceFile other = device.create("log/other"); DeviceFile opened = device.open("log/other")) {
            try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
                List<Path> ours = descriptors.filter(descriptor -> target(descriptor).startsWith(directory.toString())).toList();
                assertTrue(ours.size() >= 3, made.path() + ", " + other.path() + ", " + opened.path() + ": " + ours);
                for (Path descriptor : ours) {
                    assertTrue(isClosedOnExec(descriptor), target(descriptor));
                }
            }
        }
    }

    /** What the kernel says of a descriptor of this process. */
    static boolean isClosedOnExec(Path descriptor) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/fdinfo").resolve(descriptor.getFileName()))) {
            String flags = lines.filter(line -> line.startsWith("flags:")).findFirst().orElseThrow();
            return (Integer.parseInt(flags.substring("flags:".length()).strip(), 8) & O_CLOEXEC) != 0;
        }
    }

    private static long descriptorCount() throws IOException {
        try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
            return descriptors.count();
        }
    }

    @Test
    void shouldGiveEveryDescriptorBack() throws Exception {
        assumeTrue(Files.isDirectory(DESCRIPTORS));
        device.create("log/0").close();
        for (int i = 0; i < 200; i++) {
            device.open("log/0").close();
            String fresh = "f" + i;
            device.create(fresh).close();
            assertThrows(IoFault.class, () -> device.create(fresh));
            assertThrows(IoFault.class, () -> device.open("missing"));
            assertThrows(IoFault.class, () -> device.open("log"));
            device.rename(fresh, "renamed");
            device.syncDirectory();
            device.delete("renamed");
        }
        assertEquals(List.of(), openPaths());
        DeviceFile forgotten = device.open("log/0");
        assertEquals(List.of(forgotten.path()), openPaths().stream().distinct().toList(), "the count sees an open file");
        assertTrue(openPaths().size() <= 2, "a file has two descriptors at most");
        device.close();
        assertEquals(List.of(), openPaths(), "the close of the device gives " + forgotten.path() + " back");
    }

    @Test
    void shouldGiveEverythingBackWhenDevicesCloseAgainAndAgain() throws Exception {
        assumeTrue(Files.isDirectory(DESCRIPTORS));
        long before = descriptorCount();
        for (int i = 0; i < 100; i++) {
            try (Device one = newDevice()) {
                one.create("f" + i);
                one.open("f" + i).close();
            }
        }
        assertEquals(List.of(), openPaths());
        long growth = descriptorCount() - before;
        assertTrue(growth < 50, growth + " more descriptors after 100 devices"); // fewer than one each: the JVM may open some of its own
        device.close();
        List<String> threads = Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.contains(directory.toString())).toList();
        assertEquals(List.of(), threads, "threads of closed devices");
    }
}
