package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which door stands behind {@link Words} under which flags, and what a user is told where there is none. */
class DoorChoiceTest {
    private static final String EXPORT = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";
    private static final String NATIVE = "--enable-native-access=ALL-UNNAMED";
    private static final String DENY = "--illegal-native-access=deny";

    /** Uses memory twice, as two callers of one JVM would, and prints how that went. */
    static final class Child {
        public static void main(String[] arguments) {
            for (int attempt = 1; attempt <= 2; attempt++) {
                try (Region region = Region.allocate(3 * 4096, true)) {
                    long zeros = Words.get(region.address()) | Words.get(region.address() + 3 * 4096 - 8);
                    Words.set(region.address() + 4096, 42);
                    Words.set(region.address() + 2 * 4096, 43);
                    region.discard(4096, 4096);
                    System.out.println("[" + attempt + " " + Words.doorName() + " zeros=" + zeros + " discarded=" + Words.get(region.address() + 4096)
                            + " kept=" + Words.get(region.address() + 2 * 4096) + " aligned=" + (region.address() % 4096 == 0) + "]");
                } catch (RuntimeException refused) {
                    System.out.println("[" + attempt + " " + refused.getClass().getSimpleName() + ": " + refused.getMessage() + "]");
                }
            }
        }
    }

    /** Opens a file twice, before anything else is asked of the kernel. */
    static final class OpeningChild {
        public static void main(String[] arguments) throws IOException {
            for (int attempt = 1; attempt <= 2; attempt++) {
                try (NativeFile file = NativeFile.open(Path.of(System.getProperty("file")), false, false)) {
                    System.out.println("[" + attempt + " opened " + file.sizeBytes() + " bytes]");
                } catch (RuntimeException refused) {
                    System.out.println("[" + attempt + " " + refused.getClass().getSimpleName() + ": " + refused.getMessage() + "]");
                }
            }
        }
    }

    private static void assertWorks(String door, String output) {
        for (int attempt = 1; attempt <= 2; attempt++) {
            assertTrue(output.contains("[" + attempt + " " + door + " zeros=0 discarded=0 kept=43 aligned=true]"), output);
        }
    }

    private static void assertRefused(String sentence, String output) {
        for (int attempt = 1; attempt <= 2; attempt++) {
            assertTrue(output.contains("[" + attempt + " IllegalStateException: " + sentence), output);
        }
    }

    @Test
    void shouldTakeUnsafeWhereItIsExported() throws Exception {
        String output = ChildJvm.run(Child.class, EXPORT, NATIVE);
        assertWorks("unsafe", output);
        assertFalse(output.contains("WARNING"), output);
    }

    @Test
    void shouldTakeTheSegmentOtherwise() throws Exception {
        String output = ChildJvm.run(Child.class, NATIVE);
        assertWorks("segment", output);
        assertFalse(output.contains("WARNING"), output);
    }

    @Test
    void shouldWorkWithoutAnyFlagAndBeWarnedAboutOnce() throws Exception {
        String output = ChildJvm.run(Child.class);
        assertWorks("segment", output);
        assertEquals(2, output.split("enable-native-access", -1).length, output);
    }

    @Test
    void shouldNameTheFlagWhereUnsafeIsAskedForButNotExported() throws Exception {
        assertRefused("tideline.door=unsafe needs the JVM flag --add-exports java.base/jdk.internal.misc=ALL-UNNAMED",
                ChildJvm.run(Child.class, NATIVE, "-Dtideline.door=unsafe"));
    }

    @Test
    void shouldNameTheFlagWhereNativeAccessIsDenied() throws Exception {
        assertRefused(NativeMemory.NATIVE_ACCESS_DENIED, ChildJvm.run(Child.class, DENY));
        assertRefused(NativeMemory.NATIVE_ACCESS_DENIED, ChildJvm.run(Child.class, DENY, EXPORT));
    }

    @Test
    void shouldNameTheFlagWhereAFileIsTheFirstThatIsDenied(@TempDir Path folder) throws Exception {
        assumeTrue(LinuxCall.areThere());
        Path file = Files.writeString(folder.resolve("file"), "12345");
        String named = "-Dfile=" + file;
        assertRefused(NativeMemory.NATIVE_ACCESS_DENIED, ChildJvm.run(OpeningChild.class, DENY, EXPORT, named));
        String output = ChildJvm.run(OpeningChild.class, DENY, EXPORT, NATIVE, named);
        assertTrue(output.contains("[1 opened 5 bytes]") && output.contains("[2 opened 5 bytes]"), output);
    }

    @Test
    void shouldWorkWhereNativeAccessIsDeniedToOthersOnly() throws Exception {
        assertWorks("segment", ChildJvm.run(Child.class, DENY, NATIVE));
        assertWorks("unsafe", ChildJvm.run(Child.class, DENY, NATIVE, EXPORT));
    }

    @Test
    void shouldNameTheDoorsWhereAnUnknownOneIsAskedFor() throws Exception {
        assertRefused("system property tideline.door is 'trap'; it takes unsafe, segment, checked or heap",
                ChildJvm.run(Child.class, NATIVE, "-Dtideline.door=trap"));
    }

    @Test
    void shouldTakeTheDoorThatIsAskedFor() throws Exception {
        for (String door : new String[] {"unsafe", "segment", "checked", "heap"}) {
            assertWorks(door, ChildJvm.run(Child.class, NATIVE, EXPORT, "-Dtideline.door=" + door));
        }
    }

    @Test
    void shouldTakeRegionsFromArenasWhereThereIsNoMmapOfOurs() throws Exception {
        for (String door : new String[] {"unsafe", "segment", "checked"}) {
            assertWorks(door, ChildJvm.run(Child.class, NATIVE, EXPORT, "-Dtideline.door=" + door, "-Dos.name=Plan 9"));
        }
    }
}
