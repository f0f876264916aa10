package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
 *       {@code Words}, so it would carry thousands of dead regions along (an invocation then takes milliseconds). The guarantees below
 *       hide from it how a region is made and looked up, and make one step of each access to a word, before which it may still switch:
 *       forty times faster, and all planted bugs are still found.</li>
 *   <li>Addresses differ from one invocation to the next, so no operation may return one.</li>
 *   <li>Its random scenarios begin at a fixed seed, so a run repeats the one before; a failure is reported as its scenario and interleaving.</li>
 *   <li>It attaches itself to the running JVM ({@code -XX:+EnableDynamicAgentLoading} keeps that quiet) and needs no other flag.</li>
 * </ul>
 *
 * Every model is compared with a sequential specification: a plain class with the same operations. And it comes with a twin in which a bug
 * is planted, one that only an interleaving brings out. It must be reported, else the model shows nothing.
 */
public final class Models {
    /** Random scenarios of two threads, half as many of three, and interleavings tried of each. */
    private static final int ITERATIONS = Integer.getInteger("lincheck.iterations", 8);
    private static final int INVOCATIONS = Integer.getInteger("lincheck.invocations", 100);
    /** The methods of the door that touch one word, once. */
    private static final String[] ONE_ACCESS = {"get", "getAcquire", "getVolatile", "set", "setRelease", "setVolatile", "compareAndSet", "announce",
            "getAndAdd"};
    /** Beyond this a loop counts as hung; a record's latch is waited for in 256 turns before the operation starts over. */
    private static final int TURNS_OF_A_LOOP = 1_000;
    /** What a planted bug may take to be found; the search ends with it. */
    private static final int ITERATIONS_TO_CATCH = 100;
    private static final int INVOCATIONS_TO_CATCH = 400;

    private Models() {
    }

    private static ModelCheckingOptions modelChecking(Class<?> specification, String... modelledElsewhere) {
        assertEquals("heap", Words.doorName(), "Lincheck is blind behind any other door; run with -Dtideline.door=heap");
        ModelCheckingOptions options = new ModelCheckingOptions()
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses("io.tideline.memory.Words", "io.tideline.memory.HeapTwinDoor")
                        .methods(ONE_ACCESS).treatAsAtomic())
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses("io.tideline.memory.Words", "io.tideline.memory.HeapTwinDoor")
                        .methods("pin", "region", "index", "allocate").ignore())
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses("io.tideline.memory.Region").allMethods().ignore())
                .addGuarantee(ManagedStrategyGuaranteeKt.forClasses(name -> name.endsWith("Verifier")).allMethods().ignore());
        return (modelledElsewhere.length == 0 ? options
                : options.addGuarantee(ManagedStrategyGuaranteeKt.forClasses(modelledElsewhere).allMethods().treatAsAtomic()))
                .iterations(ITERATIONS).invocationsPerIteration(INVOCATIONS)
                .sequentialSpecification(specification).loopBound(TURNS_OF_A_LOOP)
                .threads(2).actorsPerThread(3).actorsBefore(1).actorsAfter(1);
    }

    /**
     * Every interleaving of two threads, and of three, that is tried equals some order of whole operations of the specification.
     *
     * @param modelledElsewhere names of classes with a model of their own: each of their methods is one step here
     */
    public static void assertHoldsInEveryInterleaving(Class<?> model, Class<?> specification, String... modelledElsewhere) {
        modelChecking(specification, modelledElsewhere).check(model);
        modelChecking(specification, modelledElsewhere).iterations((ITERATIONS + 1) / 2).threads(3).actorsPerThread(2).check(model);
    }

    /** The same with real threads, as they come. */
    public static void assertHoldsUnderStress(Class<?> model, Class<?> specification) {
        assertEquals("heap", Words.doorName(), "a wrong address must end in an exception");
        new StressOptions().iterations(ITERATIONS).invocationsPerIteration(INVOCATIONS).sequentialSpecification(specification)
                .threads(2).actorsPerThread(3).actorsBefore(1).actorsAfter(1).check(model);
    }

    /** The model with a planted bug is caught. */
    public static void assertCaught(Class<?> broken, Class<?> specification, String... modelledElsewhere) {
        assertThrows(LincheckAssertionError.class, () -> modelChecking(specification, modelledElsewhere).iterations(ITERATIONS_TO_CATCH)
                        .invocationsPerIteration(INVOCATIONS_TO_CATCH).minimizeFailedScenario(false).check(broken),
                () -> "the bug planted in " + broken.getSimpleName() + " was not found, so the model shows nothing");
    }
}
