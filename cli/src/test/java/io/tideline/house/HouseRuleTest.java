package io.tideline.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plants a violation of every rule and expects it to be found, and beside it what only looks like one. */
final class HouseRuleTest {
    @Test
    void shouldFindCycleThroughThreePackages() {
        SourceTree tree = SourceTree.of(
            type("core", "io.tideline.core", "import io.tideline.core.op.Read;"),
            type("core", "io.tideline.core.op", "private io.tideline.core.pending.Ring ring;"),
            type("core", "io.tideline.core.pending", "import static io.tideline.core.Type.name;"));

        assertEquals(List.of("io.tideline.core -> io.tideline.core.op -> io.tideline.core.pending -> io.tideline.core"),
            HouseRule.PACKAGES_FORM_NO_CYCLE.violations(tree));
    }

    @Test
    void shouldNotTakeTwoWaysToOnePackageForCycle() {
        SourceTree tree = SourceTree.of(
            type("core", "io.tideline.core", "import io.tideline.core.op.Read; import io.tideline.fault.StoreFault;"),
            type("core", "io.tideline.core.op", "/** Not as {@link io.tideline.core.Store}. */ import io.tideline.fault.StoreFault;"),
            type("memory", "io.tideline.fault", "String name = \"io.tideline.core\";"));

        assertEquals(List.of(), HouseRule.PACKAGES_FORM_NO_CYCLE.violations(tree));
    }

    @ParameterizedTest
    @ValueSource(strings = {"memory", "epoch", "cli"})
    void shouldFindModuleThatPointsUp(String viewer) {
        SourceTree tree = SourceTree.of(
            type(viewer, "io.tideline." + viewer, "import io.tideline.jmh.Type; import io.tideline.hlog.Type;"),
            type("jmh", "io.tideline.jmh", ""),
            type("hlog", "io.tideline.hlog", ""));

        int expected = viewer.equals("cli") ? 1 : 2;
        List<String> violations = HouseRule.MODULES_POINT_ONE_WAY.violations(tree);
        assertEquals(expected, violations.size(), violations::toString);
        assertTrue(violations.getLast().endsWith("names io.tideline.jmh of the module jmh"), violations::toString);
    }

    @Test
    void shouldFindTestThatPointsUp() {
        SourceTree tree = SourceTree.of(
            SourceFile.of("memory/src/test/java/TypeTest.java", "package io.tideline.memory;\nimport io.tideline.epoch.Type;"),
            type("epoch", "io.tideline.epoch", ""));

        assertEquals(1, HouseRule.MODULES_POINT_ONE_WAY.violations(tree).size());
    }

    @Test
    void shouldLetObserversSeeAll() {
        SourceTree tree = SourceTree.of(
            type("jcstress", "io.tideline.jcstress", "import io.tideline.cli.Type; import io.tideline.memory.Type;"),
            type("cli", "io.tideline.cli", ""),
            type("memory", "io.tideline.memory", ""));

        assertEquals(List.of(), HouseRule.MODULES_POINT_ONE_WAY.violations(tree));
    }

    @Test
    void shouldFindSplitAndUnexplainedPackage() {
        SourceTree tree = SourceTree.of(type("memory", "io.tideline.fault", ""), type("core", "io.tideline.fault", ""));

        assertEquals(List.of("io.tideline.fault is in [core, memory]", "io.tideline.fault has no package-info.java"),
            HouseRule.A_PACKAGE_LIVES_IN_ONE_MODULE.violations(tree));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "package a;\nimport b.C;\npublic final class Type {\n    /** Too late. */\n    int field;\n}",
        "package a;\n// no Javadoc\nsealed interface Type permits Other {\n}",
        "package a;\nrecord Type(int field) {\n}"})
    void shouldFindFileThatDoesNotSayWhatItIs(String text) {
        assertEquals(1, HouseRule.A_FILE_SAYS_WHAT_IT_IS.violations(main(text)).size());
        assertEquals(0, HouseRule.A_FILE_SAYS_WHAT_IT_IS.violations(main(text.replace("package a;", "package a;\n/** A type. */"))).size());
    }

    @Test
    void shouldFindPackageThatDoesNotSayWhatItIs() {
        String path = "core/src/main/java/a/package-info.java";
        assertEquals(List.of(path), HouseRule.A_FILE_SAYS_WHAT_IT_IS.violations(SourceTree.of(SourceFile.of(path, "package a;\n"))));
        assertEquals(List.of(),
            HouseRule.A_FILE_SAYS_WHAT_IT_IS.violations(SourceTree.of(SourceFile.of(path, "/** A package. */\npackage a;\n"))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Thread.sleep(5);", "Thread\n    .sleep(5);", "TimeUnit.MILLISECONDS.sleep(5);", "import static java.lang.Thread.sleep;"})
    void shouldFindSleep(String code) {
        assertEquals(1, HouseRule.NOBODY_SLEEPS.violations(main(code)).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"waits.sleep(5);", "// Thread.sleep(5)", "String text = \"Thread.sleep\";", "/* Thread\n.sleep */"})
    void shouldNotTakeOtherTextForSleep(String code) {
        assertEquals(List.of(), HouseRule.NOBODY_SLEEPS.violations(main(code)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "import sun.misc.Unsafe;",
        "import jdk.internal.misc.VM;",
        "UnsafeApi.putLong(address, 1L);",
        "VarHandle handle = ValueLayout.JAVA_LONG.varHandle();",
        "MemorySegment all = segment\n    .reinterpret(Long.MAX_VALUE);",
        "MemorySegment.ofAddress(address);",
        "Linker.nativeLinker();"})
    void shouldFindRawMemoryOutsideOfMemory(String code) {
        assertEquals(1, HouseRule.RAW_MEMORY_IS_TOUCHED_IN_MEMORY_ALONE.violations(main(code)).size());
    }

    @Test
    void shouldLetMemoryTouchRawMemoryButNotThroughInternalsOfTheJdk() {
        SourceTree tree = SourceTree.of(
            type("memory", "io.tideline.memory", "UnsafeApi.putLong(address, 1L); segment.reinterpret(8); layout.varHandle();"),
            type("memory", "io.tideline.memory", "import sun.misc.Unsafe;"));

        assertEquals(1, HouseRule.RAW_MEMORY_IS_TOUCHED_IN_MEMORY_ALONE.violations(tree).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "try { run(); } catch (RuntimeException e) {}",
        "try { run(); } catch (RuntimeException | Error _) {\n    // cannot happen\n}"})
    void shouldFindSwallowedFailure(String code) {
        assertEquals(1, HouseRule.NO_FAILURE_IS_SWALLOWED.violations(main(code)).size());
        assertEquals(0, HouseRule.NO_FAILURE_IS_SWALLOWED.violations(main(code.replace("{}", "{ count++; }").replace("// ", "retry(); // "))).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"// TO" + "DO: later", "/** FIX" + "ME */", "String text = \"XX" + "X\";"})
    void shouldFindMarkOfUnfinishedWork(String text) {
        assertEquals(1, HouseRule.NOTHING_IS_LEFT_FOR_LATER.violations(main(text)).size());
        assertEquals(1, HouseRule.NOTHING_IS_LEFT_FOR_LATER.violations(SourceTree.of(SourceFile.of("README.md", text))).size());
        assertEquals(0, HouseRule.NOTHING_IS_LEFT_FOR_LATER.violations(main(text.toLowerCase(Locale.ROOT))).size());
    }

    @Test
    void shouldNameFileAndLine() {
        assertEquals(List.of("core/src/main/java/Type.java:3: Thread.sleep"),
            HouseRule.NOBODY_SLEEPS.violations(main("/*\n*/\n  Thread.sleep(1); // Thread.sleep(2)")));
    }

    private static SourceTree main(String text) {
        return SourceTree.of(SourceFile.of("core/src/main/java/Type.java", text));
    }

    private static SourceFile type(String module, String packageName, String code) {
        return SourceFile.of(module + "/src/main/java/Type.java", "package " + packageName + ";\n" + code);
    }
}
