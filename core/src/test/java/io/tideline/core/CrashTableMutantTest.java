package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bugs of checkpoints that {@link CrashTableTest} must find. */
@Tag("spill")
class CrashTableMutantTest {
    enum Mutant {
        /** What a checkpoint writes to new files of the log survives a power loss, and their names do not. */
        A_NEW_FILE_OF_THE_LOG_HAS_NO_NAME("shouldLeaveEitherWhereItStopsInTheRename", "the log's files end at",
                "hlog/src/main/java/io/tideline/hlog/Flusher.java", "            segments.syncDirectory();\n", ""),
        /** An opening goes back behind a damaged manifest, asked to or not. */
        A_DAMAGED_MANIFEST_IS_PASSED_OVER("shouldGoBackFromACheckpointThatWasNotSynced", "power loss ",
                "checkpoint/src/main/java/io/tideline/checkpoint/ManifestStore.java", "if (!fallBack) {", "if (generation < 0) {");

        private final String test;
        /** What the test says then. */
        private final String problem;
        private final String source;
        private final String sound;
        private final String wrong;

        Mutant(String test, String problem, String source, String sound, String wrong) {
            this.test = test;
            this.problem = problem;
            this.source = source;
            this.sound = sound;
            this.wrong = wrong;
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindWhatIsPlanted(Mutant mutant, @TempDir Path folder) throws Exception {
        try (URLClassLoader loader = PlantedBug.plant(folder, mutant.source, mutant.sound, mutant.wrong)) {
            Constructor<?> table = loader.loadClass(CrashTableTest.class.getName()).getDeclaredConstructor();
            table.setAccessible(true);
            Method test = table.getDeclaringClass().getDeclaredMethod(mutant.test);
            test.setAccessible(true);
            Object tests = table.newInstance();
            InvocationTargetException found = assertThrows(InvocationTargetException.class, () -> test.invoke(tests));
            assertTrue(found.getCause().getMessage().contains(mutant.problem), () -> "found something else: " + found.getCause());
        }
    }
}
