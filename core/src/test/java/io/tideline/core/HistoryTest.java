package io.tideline.core;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.tideline.memory.Probe;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Operations of several threads are linearizable per key, seed by seed; {@code -Dtideline.seeds=N} multiplies the seeds. */
@Tag("doors")
class HistoryTest {
    private static final int SEEDS = Hammer.share(250);

    @AfterEach
    void removeHook() {
        Probe.install(null);
    }

    private static void assertLinearizable(HistorySubject subject, String name) throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            new History(subject, name, seed).assertLinearizable();
        }
    }

    @Test
    void shouldBeLinearizableForNumbers() throws Exception {
        assertLinearizable(HistorySubject.LONGS, "numbers");
    }

    @Test
    void shouldBeLinearizableForNumbersUnderTheCallersFunctions() throws Exception {
        assertLinearizable(HistorySubject.LONG_FUNCTIONS, "functions of numbers");
    }

    @Test
    void shouldBeLinearizableForBytesThatGrowAndShrink() throws Exception {
        assertLinearizable(HistorySubject.BYTES, "bytes");
    }

    // --- what the checker must catch ---

    private static void assertCaught(HistorySubject broken) throws Exception {
        String caught = null;
        for (long seed = 1; seed <= 200 && caught == null; seed++) {
            caught = new History(broken, "planted", seed).violation();
        }
        assertNotNull(caught, "200 seeds did not find the planted bug");
    }

    @Test
    void shouldCatchALostUpdate() throws Exception {
        assertCaught(new HistorySubject.Delegating(HistorySubject.LONGS) {
            @Override
            public Status update(Operations operations, int key, long operand, LongHolder result) {
                LongHolder old = new LongHolder();
                long updated = operations.get(key, old) == Status.FOUND ? old.value + operand : operand;
                Thread.yield();
                result.value = updated;
                return operations.put(key, updated);
            }
        });
    }

    @Test
    void shouldCatchALostDelete() throws Exception {
        assertCaught(new HistorySubject.Delegating(HistorySubject.LONGS) {
            @Override
            public Status delete(Operations operations, int key) {
                return operations.contains(key) ? Status.TOMBSTONED : Status.ABSENT;
            }
        });
    }

    @Test
    void shouldCatchACompareAndSetThatLooksTwice() throws Exception {
        assertCaught(new HistorySubject.Delegating(HistorySubject.LONGS) {
            @Override
            public Status compareAndSet(Operations operations, int key, long expected, long value) {
                LongHolder old = new LongHolder();
                if (operations.get(key, old) == Status.ABSENT) {
                    return Status.ABSENT;
                }
                Thread.yield();
                return old.value == expected ? operations.put(key, value) : Status.MISMATCH;
            }
        });
    }

    @Test
    void shouldCatchAStaleRead() throws Exception {
        assertCaught(new HistorySubject.Delegating(HistorySubject.BYTES) {
            private final ThreadLocal<Long> last = new ThreadLocal<>();

            @Override
            public Status get(Operations operations, int key, LongHolder result) {
                Status status = super.get(operations, key, result);
                Long stale = last.get();
                last.set(result.value);
                if (status == Status.FOUND && stale != null) {
                    result.value = stale;
                }
                return status;
            }
        });
    }
}
