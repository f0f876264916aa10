package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.console.Failure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckoutTest {

    @TempDir
    private Path root;
    @TempDir
    private Path programs;

    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @BeforeEach
    void makeACheckout() throws IOException {
        Files.createDirectories(root.resolve("jmh/native"));
        Files.writeString(root.resolve("jmh/pom.xml"), "<project/>");
        Files.writeString(root.resolve("jmh/native/limit.c"), "int main(void) { return 0; }\n");
    }

    private static void script(Path file, String lines) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + lines + "\n");
        assertTrue(file.toFile().setExecutable(true));
    }

    private Checkout checkout() {
        return new Checkout(root.toString(), programs + ":/usr/bin:/bin", new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    /** A compiler that says what it was asked and writes its own name as the program; the copy keeps the real one out of the test. */
    private void installCompiler(String lines) throws IOException {
        script(programs.resolve("gcc"), lines);
    }

    @Test
    void shouldAskTheLauncherForThePeers() throws IOException {
        script(root.resolve("tideline"), "echo building >&2\necho noise\necho \"a.jar:$2:$TIDELINE_JAVA_HOME\"\n[ \"$1\" = --class-path-of ]");
        assertEquals("a.jar:jmh:" + System.getProperty("java.home"), checkout().classPathOfPeers());
        assertEquals("building\n", errors.toString(StandardCharsets.UTF_8));
    }

    @Test
    void shouldSayThatTheLauncherCouldNotBuild() throws IOException {
        script(root.resolve("tideline"), "echo no Maven here >&2\nexit 2");
        String message = assertThrows(Failure.class, () -> checkout().classPathOfPeers()).getMessage();
        assertEquals("Cannot build the peers of the store: '" + root.resolve("tideline") + " --class-path-of jmh' ended with exit code 2;"
                + " the reason stands above.", message);
        assertEquals("no Maven here\n", errors.toString(StandardCharsets.UTF_8));
    }

    @Test
    void shouldSayThatItIsNotRunFromACheckout() {
        Checkout none = new Checkout(null, "", System.err);
        assertEquals("--against needs the peers of the store, which are built from a checkout of Tideline: run ./tideline bench from one.",
                assertThrows(Failure.class, none::limitProgram).getMessage());
        Checkout elsewhere = new Checkout(programs.toString(), "", System.err);
        assertTrue(assertThrows(Failure.class, elsewhere::classPathOfPeers).getMessage().endsWith("; " + programs + " is none."));
    }

    @Test
    void shouldKnowWhetherThereIsACompiler() throws IOException {
        assertFalse(new Checkout(root.toString(), programs.toString(), System.err).hasCompiler());
        assertFalse(new Checkout(root.toString(), null, System.err).hasCompiler());
        installCompiler("");
        assertTrue(new Checkout(root.toString(), "/nowhere::" + programs, System.err).hasCompiler());
    }

    @Test
    void shouldBuildTheLimitProgramOnceUntilItsSourceIsNewer() throws IOException {
        installCompiler("echo \"$@\" >&2\nwhile [ \"$1\" != -o ]; do shift; done\ncat \"$3\" > \"$2\"");
        Path program = checkout().limitProgram();
        assertEquals(root.resolve("jmh/target/limit"), program);
        assertEquals("int main(void) { return 0; }\n", Files.readString(program));
        String flags = errors.toString(StandardCharsets.UTF_8);
        assertTrue(flags.startsWith("-O3 -march=native -ffp-contract=off -pthread -o "), flags);

        installCompiler("exit 1");
        assertEquals(program, checkout().limitProgram());

        Path source = root.resolve("jmh/native/limit.c");
        Files.setLastModifiedTime(source, FileTime.fromMillis(System.currentTimeMillis() + TimeUnit.HOURS.toMillis(1)));
        String message = assertThrows(Failure.class, () -> checkout().limitProgram()).getMessage();
        assertTrue(message.startsWith("Cannot build the limit program: "), message);
        assertEquals("int main(void) { return 0; }\n", Files.readString(program), "the old program stays");
    }
}
