package io.tideline.cli.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** A copy of a source of the store in which a bug is planted, compiled to stand in front of the sound class on a class path. */
enum Mutant {
    /** The cut of a session is taken for the operation that it happens to be at. */
    A_SESSION_FORGETS_ITS_CUT("core/src/main/java/io/tideline/core/NamedSessions.java",
            "entry.open != null ? entry.open.cutSerial() : cutSerialOf(entry, version)", "entry.open != null ? entry.open.serial() : cutSerialOf(entry, version)"),
    /** What was published between the image and the cut of its checkpoint is not replayed. */
    AN_IMAGE_IS_TAKEN_FOR_ALL("checkpoint/src/main/java/io/tideline/checkpoint/Recovery.java",
            "image -> Math.clamp(Math.min(image.replayFrom(), syncedTo), begin, Math.max(begin, end))", "_ -> Math.max(begin, end)"),
    /** What was written behind the cut of a checkpoint comes back with it. */
    A_RECOVERY_UNDOES_NOTHING("checkpoint/src/main/java/io/tideline/checkpoint/Recovery.java",
            "if (range.end() > range.cut()) {", "if (range.end() < range.cut()) {"),
    /** Operations of the next version change records of the old one in place. */
    A_CUT_FREEZES_NOTHING("checkpoint/src/main/java/io/tideline/checkpoint/VersionCut.java",
            "state.setCut(log.tail());", "state.setCut(Long.MAX_VALUE - log.tail() % 1);");

    private final String source;
    private final String sound;
    private final String wrong;

    Mutant(String source, String sound, String wrong) {
        this.source = source;
        this.sound = sound;
        this.wrong = wrong;
    }

    /** A class path of the store with this bug. */
    String classPath(Path folder) throws IOException {
        Path file = checkout().resolve(source);
        String text = Files.readString(file);
        assertTrue(text.indexOf(sound) >= 0 && text.indexOf(sound) == text.lastIndexOf(sound), () -> file + " has not once: " + sound);
        Path copy = Files.createDirectories(folder.resolve("source")).resolve(file.getFileName());
        Files.writeString(copy, text.replace(sound, wrong));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        String classPath = System.getProperty("java.class.path");
        assertEquals(0, compiler.run(null, null, null, "-nowarn", "-proc:none", "-d", classes.toString(), "-cp", classPath, copy.toString()));
        return classes + File.pathSeparator + classPath;
    }

    /** The folder of the whole product. */
    static Path checkout() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.isDirectory(folder.resolve("checkpoint")) || !Files.isDirectory(folder.resolve("core"))) {
            folder = folder.getParent();
        }
        return folder;
    }

    /** The modules whose probe points are met. */
    static List<String> storeModules() {
        return Stream.of("memory", "epoch", "hlog", "index", "checkpoint", "core").toList();
    }
}
