package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SystemErrorTest {
    /** Of glibc, in its German; with another sign at the end, lest a JVM of that language knows it already. */
    private static final Set<String> GERMAN = Set.of("Auf dem Gerät ist kein Speicherplatz mehr verfügbar!");
    private static final List<String> ALL_TOLD = List.of("NO_SPACE_LEFT", "NO_SPACE_LEFT", "INVALID_ARGUMENT");

    @Test
    void shouldKnowTheEnglishWordsInEveryLanguage() {
        assertTrue(SystemError.NO_SPACE_LEFT.isReasonOf(new IOException("No space left on device")));
        assertTrue(SystemError.NO_SPACE_LEFT.isReasonOf(new IOException("Disk quota exceeded")));
        assertTrue(SystemError.NO_DESCRIPTOR_LEFT.isReasonOf(new FileSystemException("file", null, "Too many open files")));
        assertTrue(SystemError.NO_DESCRIPTOR_LEFT.isReasonOf(new FileSystemException("file", null, "Too many open files in system")));
        assertTrue(SystemError.NO_DESCRIPTOR_LEFT.isReasonOf(new FileNotFoundException("file (Too many open files)")));
        assertTrue(SystemError.INVALID_ARGUMENT.isReasonOf(new IOException("Invalid argument")));
        assertTrue(SystemError.PERMISSION_DENIED.isReasonOf(new IOException("Permission denied")));
        assertTrue(SystemError.READ_ONLY_FILE_SYSTEM.isReasonOf(new FileSystemException("file", null, "Read-only file system")));
    }

    @Test
    void shouldFindTheWordsAtTheEndAndNotInTheNameOfAFile() {
        String words = GERMAN.iterator().next();
        assertTrue(SystemError.isReasonOf(new IOException(words), GERMAN));
        assertTrue(SystemError.isReasonOf(new IOException("java.io.IOException: " + words), GERMAN));
        assertTrue(SystemError.isReasonOf(new FileSystemException("file", null, words), GERMAN));
        assertTrue(SystemError.isReasonOf(new FileNotFoundException("file (" + words + ")"), GERMAN));
        assertFalse(SystemError.isReasonOf(new FileNotFoundException(words + "/file (Keine Berechtigung)"), GERMAN));
        assertFalse(SystemError.isReasonOf(new FileSystemException(words, null, "Keine Berechtigung"), GERMAN));
        assertFalse(SystemError.isReasonOf(new AccessDeniedException(words), GERMAN));
        assertFalse(SystemError.isReasonOf(new IOException(), GERMAN));
    }

    @Test
    void shouldTellThemApart() {
        for (SystemError each : SystemError.values()) {
            assertEquals(each == SystemError.NO_SPACE_LEFT, each.isReasonOf(new IOException(ErrorWords.of(Errno.EDQUOT))), each::name);
            assertEquals(each == SystemError.NO_DESCRIPTOR_LEFT, each.isReasonOf(new IOException(ErrorWords.of(Errno.ENFILE))), each::name);
            assertFalse(each.isReasonOf(new IOException(ErrorWords.of(Errno.EPERM))), each::name);
        }
    }

    /** Has the system refuse in each of the ways in which the JDK words it, and prints what is known of that. */
    static final class Child {
        private Child() {
        }

        private interface Call {
            void run() throws IOException;
        }

        public static void main(String[] arguments) throws IOException {
            print(() -> {
                try (FileOutputStream full = new FileOutputStream("/dev/full")) {
                    full.write(1);
                }
            });
            print(() -> {
                try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
                    full.write(ByteBuffer.allocate(1));
                }
            });
            Path directory = Files.createTempDirectory("tideline");
            print(() -> Files.move(directory, directory.resolve("inside"), StandardCopyOption.ATOMIC_MOVE));
            Files.delete(directory);
        }

        private static void print(Call call) throws IOException {
            try {
                call.run();
                throw new AssertionError("it was not refused");
            } catch (IOException refused) {
                List<SystemError> told = Arrays.stream(SystemError.values()).filter(each -> each.isReasonOf(refused)).toList();
                System.out.write((told + " " + refused.getMessage() + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
    }

    /** What the child was told, with warnings of the JVM left out. */
    private static List<String> refusals(String language, String... flags) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>(ChildJvm.run(Map.of("LANGUAGE", language, "LC_ALL", "C.UTF-8"), Child.class, flags).lines().toList());
        lines.removeIf(line -> !line.startsWith("["));
        return lines;
    }

    private static List<String> told(List<String> refusals) {
        return refusals.stream().map(line -> line.substring(1, line.indexOf(']'))).toList();
    }

    /** Some in letters and some in signs; how far this shows anything depends on the machine, which need not have these languages. */
    @ParameterizedTest
    @ValueSource(strings = {"de", "ja", "ru", "en"})
    @EnabledOnOs(OS.LINUX)
    void shouldTellErrorsInTheLanguageOfTheProcess(String language) throws IOException, InterruptedException {
        List<String> refusals = refusals(language, "--enable-native-access=ALL-UNNAMED");
        assertEquals(ALL_TOLD, told(refusals), refusals::toString);
        assumeFalse(!language.equals("en") && refusals.getFirst().contains("No space left"), "the C library of this machine does not speak " + language);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void shouldKnowTheEnglishWordsWhereTheJvmDeniesToAskForOthers() throws IOException, InterruptedException {
        List<String> refusals = refusals("en", "--illegal-native-access=deny");
        assertEquals(ALL_TOLD, told(refusals), refusals::toString);
    }
}
