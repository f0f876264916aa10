package io.tideline.cli.bench.contestant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WindowTest {

    private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

    private abstract static class NothingToWrite extends Replayer {

        NothingToWrite(OperationStream stream) {
            super(stream);
        }

        @Override
        protected final void upsert(long key, long value) {
            throw new AssertionError("nothing is to be written");
        }

        @Override
        protected final void rmw(long key) {
            throw new AssertionError("nothing is to be written");
        }
    }

    private static OperationStream stream(Workload workload) {
        return new OperationStream(new WorkSettings(workload, Distribution.UNIFORM, 100, 8, 2, 64, 1, 6_400));
    }

    @Test
    void shouldDoEachOperationExactlyOnceInEveryPass() throws InterruptedException {
        OperationStream stream = stream(Workload.RMW);
        MapSubject subject = new MapSubject(stream.settings());
        AtomicLong position = new AtomicLong();
        List<Replayer> replayers = List.of(subject.newReplayer(stream), subject.newReplayer(stream));
        long begin = System.nanoTime();
        Window.Outcome outcome = new Window(stream, replayers, position).run(SHORT_NANOS, false);
        long passed = System.nanoTime() - begin;
        assertEquals(position.get(), outcome.operations());
        long sum = subject.map.values().stream().mapToLong(value -> value).sum();
        assertEquals(outcome.operations() * OperationStream.RMW_OPERAND, sum);
        // Its threads may begin late, so it may be shorter than it was asked to be.
        assertTrue(passed >= SHORT_NANOS && outcome.nanos() > 0 && outcome.nanos() <= passed, passed + " ns around " + outcome);
        assertEquals(0, outcome.latencies().getTotalCount());
    }

    @Test
    void shouldCountReadsThatFindNothing() throws InterruptedException {
        OperationStream stream = stream(Workload.READ);
        MapSubject empty = new MapSubject(stream.settings());
        List<Replayer> replayers = List.of(empty.newReplayer(stream), empty.newReplayer(stream));
        Window.Outcome outcome = new Window(stream, replayers, new AtomicLong()).run(SHORT_NANOS, false);
        assertEquals(outcome.operations(), outcome.absent());
        empty.load();
        assertEquals(0, new Window(stream, replayers, new AtomicLong()).run(SHORT_NANOS, false).absent());
    }

    @Test
    void shouldTimeOneOperationInThirtyTwo() throws InterruptedException {
        OperationStream stream = stream(Workload.MIXED);
        MapSubject subject = new MapSubject(stream.settings());
        subject.load();
        List<Replayer> replayers = List.of(subject.newReplayer(stream));
        Window.Outcome outcome = new Window(stream, replayers, new AtomicLong()).run(SHORT_NANOS, true);
        assertEquals(outcome.operations() / 32, outcome.latencies().getTotalCount());
        assertEquals(0, outcome.absent());
        assertEquals(0, new Window(stream, replayers, new AtomicLong()).run(SHORT_NANOS, false).latencies().getTotalCount());
    }

    @Test
    void shouldCountWhatReplayersAllocate() throws InterruptedException {
        OperationStream stream = stream(Workload.READ);
        long[][] garbage = new long[1][];
        Replayer wasteful = new NothingToWrite(stream) {

            @Override
            protected long read(long key) {
                garbage[0] = new long[100];
                return garbage[0].length;
            }
        };
        Window.Outcome outcome = new Window(stream, List.of(wasteful), new AtomicLong()).run(SHORT_NANOS, false);
        assertEquals(816.0, (double) outcome.allocatedBytes() / outcome.operations(), 8.0);
    }

    @Test
    void shouldBringWhatIsUnderWayToItsEndOnceAndAsAPartOfTheWindow() throws InterruptedException {
        OperationStream stream = stream(Workload.READ);
        long[] chunks = new long[1];
        long[] times = new long[2];
        List<Long> chunksAtEnd = new ArrayList<>();
        byte[][] garbage = new byte[1][];
        Replayer late = new NothingToWrite(stream) {

            @Override
            protected long read(long key) {
                return key;
            }

            @Override
            protected void replayChunk(int from, int to, long shift) {
                times[0] = chunks[0]++ == 0 ? System.nanoTime() : times[0];
            }

            @Override
            protected void end() {
                chunksAtEnd.add(chunks[0]);
                garbage[0] = new byte[1 << 20];
                times[1] = System.nanoTime();
            }
        };
        Window.Outcome outcome = new Window(stream, List.of(late), new AtomicLong()).run(SHORT_NANOS, false);
        assertEquals(List.of(chunks[0]), chunksAtEnd);
        assertEquals(outcome.operations(), chunks[0] * OperationStream.CHUNK);
        assertTrue(outcome.allocatedBytes() >= garbage[0].length && outcome.nanos() >= times[1] - times[0], outcome.toString());
    }

    @Test
    @Timeout(60)
    void shouldEndEarlyAndThrowWhatAReplayerThrows() {
        OperationStream stream = stream(Workload.UPSERT);
        IllegalStateException full = new IllegalStateException("the log is full");
        MapSubject subject = new MapSubject(stream.settings());
        Replayer failing = new Replayer(stream) {

            @Override
            protected long read(long key) {
                throw full;
            }

            @Override
            protected void upsert(long key, long value) {
                throw full;
            }

            @Override
            protected void rmw(long key) {
                throw full;
            }
        };
        Window window = new Window(stream, List.of(subject.newReplayer(stream), failing), new AtomicLong());
        IllegalStateException thrown = assertThrows(IllegalStateException.class, () -> window.run(TimeUnit.HOURS.toNanos(1), false));
        assertSame(full, thrown.getCause());
        assertTrue(thrown.getMessage().contains("the log is full"), thrown.getMessage());
    }
}
