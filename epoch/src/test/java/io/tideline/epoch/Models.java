package io.tideline.epoch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.tideline.memory.Words;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * How Lincheck runs here, and what it can and cannot see (tried with Lincheck 3.7 on JDK 25).
 *
 * <ul>
 *   <li>Model checking sees every word behind the heap twin, since that is a cell of an {@code AtomicLongArray}: a check-then-act planted
 *       on such a word is reported with its interleaving. It does not see native memory, so each model insists on the twin.</li>
 *   <li>It explores interleavings, not memory orders: release and acquire, a missing fence, a plain store are all the same to it. Those
 *       claims belong to the jcstress module.</li>
 *   <li>Between two invocations it restores whatever static state the code under test has touched. The twin's table of regions hangs on
 *       {@code Words}, so it would carry thousands of dead regions along (an invocation then takes milliseconds). The guarantee below
 *       hides the look-up of a region from it, not the access to the region's words: twenty times faster, and all planted bugs are
 *       still found.</li>
 *   <li>Addresses differ from one invocation to the next, so no operation may return one.</li>
 *   <li>It attaches itself to the running JVM ({@code -XX:+EnableDynamicAgentLoading} keeps that quiet) and needs no other flag.</li>
 * </ul>
 *
 * Each model comes with a twin in which a bug is planted. It must be reported, else the model shows nothing.
 */
final class Models {
    private static final int MODEL_ITERATIONS = 25;
    private static final int MODEL_INVOCATIONS = 400;
    private static final int STRESS_ITERATIONS = 30;
    private static final int STRESS_INVOCATIONS = 3_000;

    private Models() {
    }

    private static ModelCheckingOptions modelChecking() {
        assertEquals("heap", Words.doorName(), "Lincheck is blind behind any other door; run with -Dtideline.door=heap");
        return new ModelCheckingOptions()
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses("io.tideline.memory.HeapTwinDoor").methods("region", "allocate").ignore())
                .iterations(MODEL_ITERATIONS).invocationsPerIteration(MODEL_INVOCATIONS)
                .threads(2).actorsPerThread(3).actorsBefore(1).actorsAfter(1);
    }

    private static StressOptions stress() {
        assertEquals("heap", Words.doorName(), "a wrong address must end in an exception");
        return new StressOptions()
                .iterations(STRESS_ITERATIONS).invocationsPerIteration(STRESS_INVOCATIONS)
                .threads(2).actorsPerThread(3).actorsBefore(1).actorsAfter(1);
    }

    /** Every interleaving that is tried is one of some order of whole operations. */
    static void assertHoldsInEveryInterleaving(Class<?> model) {
        modelChecking().check(model);
    }

    /** The same with real threads. */
    static void assertHoldsUnderStress(Class<?> model) {
        stress().check(model);
    }

    /** The model with a planted bug is caught. */
    static void assertCaught(Class<?> broken) {
        assertThrows(LincheckAssertionError.class, () -> modelChecking().minimizeFailedScenario(false).check(broken),
                () -> "the bug planted in " + broken.getSimpleName() + " was not found, so the model shows nothing");
    }
}
