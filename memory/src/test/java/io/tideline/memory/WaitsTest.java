package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WaitsTest {
    @Test
    void shouldReturnFromEveryPauseWithinAMoment() {
        long begin = Waits.SYSTEM.nanoTime();
        for (int attempt = 0; attempt < 300; attempt++) {
            Waits.SYSTEM.pause(attempt);
        }
        Waits.SYSTEM.pause(Integer.MAX_VALUE);
        Waits.SYSTEM.pause(Integer.MIN_VALUE); // where a counter of attempts has wrapped
        Waits.SYSTEM.spin();
        long passed = Waits.SYSTEM.nanoTime() - begin;
        assertTrue(passed >= 0 && passed < TimeUnit.SECONDS.toNanos(30), passed + " ns");
    }

    @Test
    void shouldCountAThreadAsBusyWhileItHasAProcessor() {
        long begin = Waits.SYSTEM.nanoTime();
        long busy = Waits.SYSTEM.busyNanos();
        while (Waits.SYSTEM.busyNanos() - busy < TimeUnit.MILLISECONDS.toNanos(5)) {
            assertTrue(Waits.SYSTEM.nanoTime() - begin < TimeUnit.SECONDS.toNanos(30));
        }
        busy = Waits.SYSTEM.busyNanos();
        begin = Waits.SYSTEM.nanoTime();
        while (Waits.SYSTEM.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(50)) {
            Waits.SYSTEM.pause(1_000);
        }
        assertTrue(Waits.SYSTEM.busyNanos() - busy < TimeUnit.MILLISECONDS.toNanos(40), "fifty pauses of a millisecond are not work");
    }

    /** In a JVM of its own. */
    static final class Child {
        public static void main(String[] arguments) {
            long begin = System.nanoTime();
            long busy = Waits.SYSTEM.busyNanos();
            System.out.println(begin <= busy && busy <= System.nanoTime() ? "by the clock" : "by the thread");
        }
    }

    @Test
    void shouldTakeTheClockForWorkWhereTheJvmHasNoManagement() throws Exception {
        assertTrue(ChildJvm.run(Child.class, "--limit-modules=java.base,jdk.unsupported").contains("by the clock"));
        assertTrue(ChildJvm.run(Child.class).contains("by the thread"));
    }

    @Test
    void shouldLeaveAnInterruptForItsOwner() {
        Thread.currentThread().interrupt();
        Waits.SYSTEM.pause(1_000);
        assertTrue(Thread.interrupted());
    }

    /** Who pauses waits for others, and these may need the same few carriers. */
    @Test
    void shouldLeaveTheCarrierToOthersEvenWhileInterrupted() throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        List<Thread> pausing = IntStream.range(0, 2 * Runtime.getRuntime().availableProcessors()).mapToObj(i -> Thread.ofVirtual().start(() -> {
            Thread.currentThread().interrupt();
            while (!done.get()) {
                Waits.SYSTEM.pause(1_000);
            }
        })).toList();
        Thread other = Thread.ofVirtual().start(() -> done.set(true));
        boolean ran = other.join(Duration.ofSeconds(60));
        done.set(true);
        for (Thread each : pausing) {
            each.join();
        }
        assertTrue(ran, "the carriers were not given up");
    }
}
