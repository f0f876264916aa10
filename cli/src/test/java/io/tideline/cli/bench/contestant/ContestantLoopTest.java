package io.tideline.cli.bench.contestant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.work.Distribution;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContestantLoopTest {

    private static final WorkSettings WORK = new WorkSettings(Workload.READ, Distribution.UNIFORM, 1_000, 8, 2, 64, 1, 6_400);
    private static final long NO_REHEARSAL_NANOS = 1;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(output, true, StandardCharsets.UTF_8);

    private List<String> replies(String commands, Function<WorkSettings, Subject> opener) throws IOException, InterruptedException {
        new ContestantLoop(new OperationStream(WORK), opener, NO_REHEARSAL_NANOS).serve(reader(commands), out);
        return output.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static BufferedReader reader(String commands) {
        return new BufferedReader(new StringReader(commands.replace(';', '\n')));
    }

    @Test
    void shouldAnswerEveryCommandWithOneLine() throws IOException, InterruptedException {
        List<String> replies = replies("rehearse;load;window 0.02;latency 0.02;memory;dump 2;quit;window 5", MapSubject::new);
        assertEquals(6, replies.size(), replies.toString());
        assertEquals("ok rehearsed=1", replies.get(0));
        assertEquals("ok " + new OperationStream(WORK).dump(2), replies.get(5));
        assertTrue(replies.get(1).matches("ok nanos=\\d+"), replies.get(1));
        assertTrue(replies.get(2).matches("ok operations=\\d+ nanos=\\d+ allocatedBytes=\\d+ absent=0"), replies.get(2));
        assertTrue(replies.get(3).matches("ok samples=[1-9]\\d* p50=\\d+ p99=\\d+ p999=\\d+ max=\\d+"), replies.get(3));
        assertTrue(replies.get(4).matches("ok index=1 overflow=2 usedLog=3 liveHeap=\\d+ residentOutsideHeap=-?\\d+ peakResident=-?\\d+"), replies.get(4));
    }

    /** What is on disk when that is first seen is no part of it. */
    @ParameterizedTest
    @CsvSource({"1600, writingNanos=\\d+ writingBytes=1500", "1599,''"})
    void shouldTellHowMuchWasWrittenFromTheFirstWriteOnIfThatIsEnough(long written, String writing) throws IOException, InterruptedException {
        AtomicInteger looks = new AtomicInteger();
        CompletableFuture<Thread> watch = new CompletableFuture<>();
        List<String> replies = replies("load", settings -> new MapSubject(settings) {
            @Override
            public Optional<DeviceCounts> deviceCounts() {
                boolean isLoader = map.size() == settings.keys() && watch.isDone() && watch.join() != Thread.currentThread();
                if (looks.incrementAndGet() == 2) { // the first asks whether it counts
                    watch.complete(Thread.currentThread());
                }
                return Optional.of(new DeviceCounts(0, 0, 5_000, isLoader ? written : looks.get() < 5 ? 0 : 100));
            }

            @Override
            public void load() {
                super.load();
                try {
                    assertTrue(watch.orTimeout(60, TimeUnit.SECONDS).join().join(Duration.ofSeconds(60)), "it has seen enough, and ends");
                } catch (InterruptedException stopped) {
                    throw new AssertionError(stopped);
                }
            }
        });
        assertTrue(replies.getFirst().matches("ok nanos=\\d+ appendedBytes=5000 writtenBytes=" + written + (writing.isEmpty() ? "" : " " + writing)), replies.getFirst());
        assertEquals(6, looks.get(), "of which one asks how it ended");
    }

    @Test
    void shouldTurnToOtherWorkOnTheSameKeys() throws IOException, InterruptedException {
        List<MapSubject> opened = new ArrayList<>();
        String rmw = String.join(" ", new WorkSettings(Workload.RMW, Distribution.ZIPF, 1_000, 8, 1, 64, 1, 6_400).toArguments());
        long[] sum = new long[1];
        List<String> replies = replies("load;work " + String.join(" ", WORK.by(3, 1).toArguments()) + ";window 0.02;work " + rmw + ";window 0.02", settings -> {
            opened.add(new MapSubject(settings) {

                @Override
                public void close() {
                    sum[0] = map.values().stream().mapToLong(Long::longValue).sum();
                }
            });
            return opened.getLast();
        });
        assertEquals(List.of("ok turned=1", "ok turned=1"), List.of(replies.get(1), replies.get(3)));
        assertTrue(replies.get(2).endsWith(" absent=0"), replies.get(2));
        long additions = Long.parseLong(replies.get(4).replaceAll("ok operations=(\\d+) .*", "$1"));
        assertEquals(1_000 * 999 / 2 + additions * OperationStream.RMW_OPERAND, sum[0], "one store was loaded, and what is done in another is rehearsed");
    }

    /** Else it would find in memory what the work before has read. */
    @Test
    void shouldGoOnBehindWhatTheWorkBeforeReplayed() throws IOException, InterruptedException {
        WorkSettings work = new WorkSettings(Workload.READ, Distribution.UNIFORM, 1_000, 8, 1, 64, 1, 20 * OperationStream.CHUNK);
        List<Integer> chunks = new ArrayList<>();
        Function<WorkSettings, Subject> opener = settings -> new MapSubject(settings) {
            @Override
            public Replayer newReplayer(OperationStream stream) {
                return new Replayer(stream) {
                    @Override
                    protected void replayChunk(int from, int to, long shift) {
                        if (stream.settings().operations() == work.operations()) { // else it is rehearsed
                            chunks.add(from / OperationStream.CHUNK);
                        }
                    }

                    @Override
                    protected long read(long key) {
                        throw new AssertionError();
                    }

                    @Override
                    protected void upsert(long key, long value) {
                        throw new AssertionError();
                    }

                    @Override
                    protected void rmw(long key) {
                        throw new AssertionError();
                    }
                };
            }
        };
        String turn = "work " + String.join(" ", work.by(1, 2).toArguments());
        new ContestantLoop(new OperationStream(work), opener, NO_REHEARSAL_NANOS).serve(reader("load;window 0.000001;" + turn + ";window 0.000001"), out);
        assertTrue(chunks.size() >= 2, chunks.toString());
        for (int i = 0; i < chunks.size(); i++) {
            assertEquals(i % 20, chunks.get(i), chunks::toString); // of thousands, so only where it is wanted
        }
    }

    @Test
    void shouldShareTheOperationsThatOthersReplay() {
        OperationStream stream = new OperationStream(WORK);
        OperationStream shared = stream.replayedBy(WORK.by(5, 7)).orElseThrow();
        assertEquals(stream.dump(100), shared.dump(100));
        assertEquals(WORK.by(5, 7), shared.settings());
        assertEquals(Optional.empty(), stream.replayedBy(new WorkSettings(Workload.RMW, Distribution.UNIFORM, 1_000, 8, 2, 64, 1, 6_400)));
    }

    /** The ballast is far more than what tests before this one may have left to the collector. */
    @Test
    void shouldMeasureWhatTheSubjectKeepsOnTheHeap() throws IOException, InterruptedException {
        List<String> replies = replies("load;memory", settings -> new MapSubject(settings) {

            private byte[] ballast = new byte[0];

            @Override
            public void load() {
                super.load();
                ballast = new byte[settings.equals(WORK) ? 200 << 20 : 0];
            }

            @Override
            public void close() {
                super.close();
                assertTrue(ballast.length >= 0);
            }
        });
        long liveHeap = Long.parseLong(replies.getLast().replaceAll(".*liveHeap=(\\d+).*", "$1"));
        assertTrue(liveHeap >= 100 << 20 && liveHeap < 300 << 20, replies.toString());
    }

    @Test
    void shouldEndWithTheInputAndCloseTheSubject() throws IOException, InterruptedException {
        List<MapSubject> opened = new ArrayList<>();
        replies("rehearse;load", settings -> {
            opened.add(new MapSubject(settings));
            return opened.getLast();
        });
        assertEquals(4, opened.size(), "two subjects to rehearse loading with, one to rehearse the operations, and one to measure");
        opened.forEach(subject -> assertTrue(subject.map.isEmpty()));
    }

    @Test
    void shouldLoadOnceMoreInPlaceOfWhatWasLoaded() throws IOException, InterruptedException {
        List<MapSubject> opened = new ArrayList<>();
        List<String> replies = replies("load;load;window 0.02", settings -> {
            assertTrue(opened.stream().allMatch(subject -> subject.map.isEmpty()), "the one before is closed");
            opened.add(new MapSubject(settings));
            return opened.getLast();
        });
        assertEquals(2, opened.size());
        assertTrue(replies.get(2).endsWith(" absent=0"), replies.get(2));
    }

    @Test
    void shouldRehearseTwiceWithAnEighthOfTheKeysInAnIndexAsFull() throws IOException, InterruptedException {
        for (boolean isFull : new boolean[] {true, false}) {
            List<WorkSettings> opened = new ArrayList<>();
            WorkSettings work = new WorkSettings(Workload.READ, Distribution.UNIFORM, 5 << 23, 8, 1, isFull ? 1 << 23 : 1 << 26, 1, 6_400);
            new ContestantLoop(new OperationStream(work), settings -> {
                opened.add(settings);
                return new MapSubject(settings) {
                    @Override
                    public void load() {
                        // only its size matters
                    }
                };
            }, NO_REHEARSAL_NANOS).serve(reader("rehearse"), out);
            for (WorkSettings rehearsal : opened.subList(0, 2)) {
                assertEquals(5 << 20, rehearsal.keys());
                assertEquals(isFull ? 1 << 20 : 1 << 22, rehearsal.buckets());
            }
            assertEquals(3, opened.size(), "and one for the operations");
        }
    }

    @ParameterizedTest
    @CsvSource({"window 1,not loaded", "memory,not loaded", "latency 1,not loaded", "sing,no command 'sing'",
        "load;rehearse,loaded already", "work workload=read distribution=uniform keys=1000 valueSize=8 threads=2 buckets=64 batch=1 operations=6400,not loaded",
        "load;work workload=read distribution=uniform keys=999 valueSize=8 threads=2 buckets=64 batch=1 operations=6400,other keys",
        "load;window,how many seconds", "load;window -1,how many seconds", "load;window 0,how many seconds"})
    void shouldAnswerWithASentenceWhatItCannotDo(String commands, String part) {
        String[] arguments = WORK.toArguments().toArray(String[]::new);
        assertFalse(ContestantLoop.serve(arguments, MapSubject::new, reader(commands), out));
        String last = output.toString(StandardCharsets.UTF_8).lines().toList().getLast();
        assertTrue(last.startsWith("failed ") && last.contains(part), last);
    }

    @Test
    void shouldAnswerWithASentenceWhenAnArgumentIsWrong() {
        assertFalse(ContestantLoop.serve(new String[] {"keys=1"}, MapSubject::new, reader("load"), out));
        String reply = output.toString(StandardCharsets.UTF_8);
        assertTrue(reply.startsWith("failed ") && reply.contains("the argument workload=… is missing"), reply);
    }
}
