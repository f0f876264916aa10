package io.tideline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher, in a checkout that is built already and with a JVM that only says how it was called. */
class LauncherTest {
    private static final Path LAUNCHER = Path.of("../tideline");

    @TempDir
    Path folder;

    @BeforeEach
    void makeCheckout() throws IOException {
        Files.copy(LAUNCHER, folder.resolve("tideline"));
        write("pom.xml", "");
        write("cli/pom.xml", "");
        write("target/launcher/cli/newest/tideline-cli.jar", "");
        write("target/launcher/cli/newest/other.jar", "");
        writeJdk("jdk", "25.0.1");
        write("target/launcher/cli/current", "newest\n"); // last, so newer than every source
    }

    /** One whose JVM says where it is from, and what it was called with. */
    private void writeJdk(String path, String version) throws IOException {
        write(path + "/release", "JAVA_VERSION=\"" + version + "\"\n");
        write(path + "/bin/javac", "");
        write(path + "/bin/java", "#!/bin/sh\nprintf 'LC_ALL=%s\\n' \"${LC_ALL-}\"\nprintf '%s\\n' \"$0\" \"$@\"\n");
        assertTrue(folder.resolve(path + "/bin/java").toFile().setExecutable(true) && folder.resolve(path + "/bin/javac").toFile().setExecutable(true));
    }

    private void write(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** What the JVM says that is called, a line each. */
    private List<String> run(Map<String, String> environment, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", folder.resolve("tideline").toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG") || name.startsWith("TIDELINE_"));
        builder.environment().put("TIDELINE_JAVA_HOME", folder.resolve("jdk").toString());
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), said);
        assertEquals(0, process.exitValue(), said);
        return said.lines().toList();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        "-, -, -, C.UTF-8", "C, -, -, C.UTF-8", "POSIX, -, -, C.UTF-8", "-, C, en_GB.UTF-8, C.UTF-8", "-, -, POSIX, C.UTF-8",
        "C, de_DE.UTF-8, de_DE.UTF-8, C.UTF-8", "de_DE.ISO-8859-1, -, C, de_DE.ISO-8859-1", "C.UTF-8, C, C, C.UTF-8",
        "-, -, en_GB.UTF-8, ''", "-, de_DE.UTF-8, C, ''", "-, -, de_DE@euro, ''"
    })
    void shouldReadAllCharactersInThePlainLocaleAndLeaveOthersAlone(String all, String type, String language, String expected) throws Exception {
        Map<String, String> environment = new HashMap<>();
        environment.put("LC_ALL", all);
        environment.put("LC_CTYPE", type);
        environment.put("LANG", language);
        environment.values().removeIf(Objects::isNull);
        assertEquals("LC_ALL=" + expected, run(environment).getFirst());
    }

    @Test
    void shouldPassArgumentsAsTheyAre() throws Exception {
        List<String> said = run(Map.of(), "count", "two words", "*", "", "$HOME", "-x");
        int main = said.indexOf("io.tideline.cli.Main");
        assertEquals(List.of("count", "two words", "*", "", "$HOME", "-x"), said.subList(main + 1, said.size()));
        assertTrue(said.contains("--enable-native-access=ALL-UNNAMED") && said.contains("java.base/jdk.internal.misc=ALL-UNNAMED"), said.toString());
        assertTrue(said.contains("-XX:+UseParallelGC") && said.contains("-Dtideline.home=" + folder.toRealPath()), said.toString());
        Path newest = folder.toRealPath().resolve("target/launcher/cli/newest");
        assertEquals(newest.resolve("other.jar") + ":" + newest.resolve("tideline-cli.jar"), said.get(said.indexOf("-cp") + 1));
    }

    /** Whether the one in use is that of JAVA_HOME or that on the PATH; of several that will do, the oldest. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldTakeTheJdkBesideAnOlderOneInUse(boolean byVariable) throws Exception {
        writeJdk("jdks/a17", "17.0.15");
        writeJdk("jdks/b26", "26");
        writeJdk("jdks/c25", "25.0.3");
        writeJdk("other/d17", "17.0.15");
        String path = folder.resolve(byVariable ? "other/d17/bin" : "jdks/a17/bin") + ":" + System.getenv("PATH");
        List<String> said = run(Map.of("TIDELINE_JAVA_HOME", "", "HOME", folder.toString(), "PATH", path,
                "JAVA_HOME", folder.resolve(byVariable ? "jdks/a17" : "other/d17").toString()), "shell");
        assertEquals(folder.toRealPath().resolve("jdks/c25/bin/java").toString(), said.get(1), said.toString());
    }

    @Test
    void shouldLetTheOptionsOfTheUserWin() throws Exception {
        List<String> said = run(Map.of("TIDELINE_JAVA_OPTS", "-Xmx1g -XX:+UseZGC"), "shell");
        assertTrue(said.contains("-Xmx1g") && said.contains("-XX:+UseZGC") && !said.contains("-XX:+UseParallelGC"), said.toString());
    }
}
