package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** A copy of store and tests in which one class has a bug: a test that does not find it says nothing about the store itself. */
final class PlantedBug {
    private PlantedBug() {
    }

    /**
     * The classes of the copy; the caller closes it.
     *
     * @param folder an empty one, for the changed class
     * @param source from the root of the checkout
     * @param replaced what the source has once, each followed by what stands there instead
     */
    static URLClassLoader plant(Path folder, String source, String... replaced) throws IOException {
        List<URL> path = new ArrayList<>();
        path.add(compile(folder, source, replaced).toUri().toURL());
        for (String each : System.getProperty("java.class.path").split(File.pathSeparator)) {
            path.add(Path.of(each).toUri().toURL());
        }
        return new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    /** The folder of the changed class. */
    private static Path compile(Path folder, String source, String... replaced) throws IOException {
        Path file = Path.of("").toAbsolutePath().getParent().resolve(source);
        String text = Files.readString(file);
        for (int i = 0; i < replaced.length; i += 2) {
            String sound = replaced[i];
            assertTrue(text.contains(sound) && text.indexOf(sound) == text.lastIndexOf(sound), () -> file + " has not once: " + sound);
            text = text.replace(sound, replaced[i + 1]);
        }
        Path copy = Files.createDirectories(folder.resolve("source")).resolve(file.getFileName());
        Files.writeString(copy, text);
        Path classes = Files.createDirectories(folder.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String classPath = System.getProperty("java.class.path");
        assertEquals(0, compiler.run(null, null, null, "-nowarn", "-proc:none", "-d", classes.toString(), "-cp", classPath, copy.toString()));
        return classes;
    }
}
