package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bugs that are planted into a copy of the store, which the simulation must find: otherwise it says nothing about the store itself. */
@Tag("simulation")
class SimulatedMutantTest {
    enum Mutant {
        /** A record becomes the newest of its chain before its bytes are there. */
        AN_ENTRY_COMES_BEFORE_ITS_RECORD("core/src/main/java/io/tideline/core/RecordWriter.java", RECORD, "", PUBLISHED, PUBLISHED.replace("        return true;",
                "        Probe.at(\"append.published\");\n" + RECORD + "        return true;")),
        /** Two sessions may each make an entry of the same tag. */
        AN_ENTRY_IS_MADE_WHEREVER_THERE_IS_ROOM("index/src/main/java/io/tideline/index/HashIndex.java",
                "if (entry == 0 && free == 0) {", "if (entry == 0) {"),
        /** A group looks for places behind the tags, one of which somebody else may have made meanwhile. */
        AN_ENTRY_IS_PLACED_TOO_LATE("core/src/main/java/io/tideline/core/AppendBlock.java", "arePlacesKnown = expectsNewKeys;", "arePlacesKnown = false;",
                "                findAgain(session.index, hashes, newest, size);\n", ""),
        /** What is written to the old record while it is copied is lost. */
        A_COPY_SEALS_NOTHING("core/src/main/java/io/tideline/core/RecordWriter.java",
                "if (source != NO_SOURCE && !RecordLatch.trySeal(source, sourceWord)) {", "if (source == 1) {"),
        /** What another wrote while a group prepared its copies is lost. */
        A_BLOCK_IS_PUBLISHED_BLINDLY("index/src/main/java/io/tideline/index/HashIndex.java",
                "Words.announce(place, BucketLayout.entry(tagBits, newest),", "Words.announce(place, Words.getAcquire(place),"),
        /** A session's last operation before the cut is left out of it. */
        A_CUT_COMES_TOO_EARLY("core/src/main/java/io/tideline/core/Session.java", "            cutSerial = serial();", "            cutSerial = Math.max(0, serial() - 1);"),
        /** What met the gate that a close has shut is counted, and nothing of it was done. */
        A_CLOSE_COUNTS_WHAT_IT_REFUSED("core/src/main/java/io/tideline/core/Session.java", "                serialAtClose = serial();", "                "),
        /** A checkpoint has what is left with a session behind the cut. */
        A_COOKIE_COMES_TOO_EARLY("core/src/main/java/io/tideline/core/NamedSessions.java", "entry.open.cutCookie()", "entry.open.leftCookie()"),
        /** Operations of the next version change records of the old one in place. */
        A_CUT_FREEZES_NOTHING("checkpoint/src/main/java/io/tideline/checkpoint/VersionCut.java",
                "state.setCut(log.tail());", "state.setCut(Long.MAX_VALUE - log.tail() % 1);"),
        /** An operation of the old version goes on where the next one has been. */
        A_SESSION_IS_NEVER_OVERTAKEN("core/src/main/java/io/tideline/core/CprGate.java",
                "        return session.isCareful && newest >=", "        return session.isCareful && newest < 0 && newest >="),
        /** What was written behind the cut comes back with a snapshot. */
        A_SNAPSHOT_UNDOES_NOTHING("checkpoint/src/main/java/io/tideline/checkpoint/SnapshotReplay.java",
                " || address >= cut && (link & RecordLayout.PARITY) == parity) {", ") {"),
        /** Somebody is told that there is work, and goes to sleep all the same. */
        A_WORKER_MISSES_ITS_CALL("hlog/src/main/java/io/tideline/hlog/Worker.java", "        woken = true;\n", ""),
        /** Who has time to rest waits for a call that nobody owes it. */
        A_WORKER_RESTS_FOR_EVER("hlog/src/main/java/io/tideline/hlog/Worker.java", "case RESTING -> waits.pause(REST);", "case RESTING -> waits.await(() -> woken || closed);");

        private final String source;
        /** What is replaced, each by the one behind it. */
        private final String[] replaced;

        Mutant(String source, String... replaced) {
            this.source = source;
            this.replaced = replaced;
        }
    }

    private static final String RECORD = """
                    key.copyTo(RecordLayout.keyAddress(record, stateWord));
                    value.copyTo(RecordLayout.valueAddress(record, stateWord));
                    RecordLayout.finish(record, stateWord, session.slot.address(), flags | session.parity);
                    Probe.at("append.written");
            """;
    private static final String PUBLISHED = """
                        RecordLayout.invalidate(record);
                        return false;
                    }
                    return true;
            """;
    /** As many as every build runs with the store as it is. */
    private static final int SEEDS = 500;
    private static final String REPLAY = "-Dtest.sim.seed=";

    @ParameterizedTest
    @EnumSource
    void shouldFindWhatIsPlanted(Mutant mutant, @TempDir Path folder) throws Exception {
        try (URLClassLoader loader = PlantedBug.plant(folder, mutant.source, mutant.replaced)) {
            Method live = loader.loadClass(SimulatedLives.class.getName()).getDeclaredMethod("live", long.class, int.class);
            live.setAccessible(true);
            InvocationTargetException found = assertThrows(InvocationTargetException.class, () -> live.invoke(null, 1L, SEEDS));
            String message = found.getCause().getMessage();
            assertTrue(message.startsWith(REPLAY), () -> "found something else: " + found.getCause());
            System.out.println(mutant + " is found by seed " + message.substring(REPLAY.length(), message.indexOf(' ')));
        }
    }
}
