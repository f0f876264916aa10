package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bugs that are planted into a copy of the store, which the simulation must find: otherwise it says nothing about the store itself. */
@Tag("simulation")
class SimulatedMutantTest {
    enum Mutant {
        /** A session's last operation before the cut is left out of it. */
        A_CUT_COMES_TOO_EARLY("core/src/main/java/io/tideline/core/Session.java", "            cutSerial = serial;", "            cutSerial = Math.max(0, serial - 1);", 6),
        /** Operations of the next version change records of the old one in place. */
        A_CUT_FREEZES_NOTHING("checkpoint/src/main/java/io/tideline/checkpoint/VersionCut.java",
                "state.setCut(log.tail());", "state.setCut(Long.MAX_VALUE - log.tail() % 1);", 14),
        /** Somebody is told that there is work, and goes to sleep all the same. */
        A_WORKER_MISSES_ITS_CALL("hlog/src/main/java/io/tideline/hlog/Worker.java", "        woken = true;\n", "", 1);

        private final String source;
        private final String sound;
        private final String wrong;
        /** From which seed on it is looked for. */
        private final long seed;

        Mutant(String source, String sound, String wrong, long seed) {
            this.source = source;
            this.sound = sound;
            this.wrong = wrong;
            this.seed = seed;
        }
    }

    private static final int SEEDS = 20;

    @ParameterizedTest
    @EnumSource
    void shouldFindWhatIsPlanted(Mutant mutant, @TempDir Path folder) throws Exception {
        List<URL> path = new ArrayList<>();
        path.add(compile(mutant, folder).toUri().toURL());
        for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
            path.add(Path.of(each).toUri().toURL());
        }
        try (URLClassLoader loader = new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Method live = loader.loadClass(SimulatedLives.class.getName()).getDeclaredMethod("live", long.class, int.class);
            live.setAccessible(true);
            InvocationTargetException found = assertThrows(InvocationTargetException.class, () -> live.invoke(null, mutant.seed, SEEDS));
            assertTrue(found.getCause().getMessage().contains("-Dtest.sim.seed="), () -> "found something else: " + found.getCause());
        }
    }

    /** The folder of the changed class. */
    private static Path compile(Mutant mutant, Path folder) throws Exception {
        Path file = Path.of("").toAbsolutePath().getParent().resolve(mutant.source);
        String text = Files.readString(file);
        assertTrue(text.contains(mutant.sound) && text.indexOf(mutant.sound) == text.lastIndexOf(mutant.sound), () -> file + " has not once: " + mutant.sound);
        Path copy = Files.createDirectories(folder.resolve("source")).resolve(file.getFileName());
        Files.writeString(copy, text.replace(mutant.sound, mutant.wrong));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertEquals(0, compiler.run(null, null, null, "-nowarn", "-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"), copy.toString()));
        return classes;
    }
}
