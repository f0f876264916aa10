package io.tideline.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.contestant.ByteValue;
import io.tideline.cli.bench.contestant.ContestantLoop;
import io.tideline.cli.bench.contestant.Subject;
import io.tideline.cli.bench.work.OperationStream;
import io.tideline.cli.bench.work.WorkSettings;
import io.tideline.cli.bench.work.Workload;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MapContestantTest {

    private static final int KEYS = 1_000;
    private static final long SUM_OF_LOADED_VALUES = KEYS * (KEYS - 1L) / 2;

    private static OperationStream stream(Workload workload, int valueSize) {
        return new OperationStream(new WorkSettings(workload, workload.usualDistribution(), KEYS, valueSize, 2, 64, 1, 6_400));
    }

    private static List<String> replies(OperationStream stream, Subject subject, String commands) throws IOException, InterruptedException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        new ContestantLoop(stream, given -> given == stream.settings() ? subject : MapContestant.open(given)).serve(
                new BufferedReader(new StringReader(commands)), new PrintStream(output, true, StandardCharsets.UTF_8));
        return output.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @ParameterizedTest
    @CsvSource({"READ,8", "UPSERT,8", "MIXED,100", "YCSB_F,100"})
    void shouldDoTheWork(Workload workload, int valueSize) throws IOException, InterruptedException {
        OperationStream stream = stream(workload, valueSize);
        List<String> replies = replies(stream, MapContestant.open(stream.settings()), "rehearse\nload\nwindow 0.05\nlatency 0.05\nmemory\n");
        assertEquals("ok rehearsed=1", replies.get(0));
        assertTrue(replies.get(2).matches("ok operations=[1-9]\\d* nanos=\\d+ allocatedBytes=\\d+ absent=0"), replies.get(2));
        assertTrue(replies.get(4).startsWith("ok index=0 overflow=0 usedLog=0 liveHeap="), replies.get(4));
    }

    @Test
    void shouldLoseNoAdditionToBoxedValues() throws IOException, InterruptedException {
        OperationStream stream = stream(Workload.RMW, 8);
        LongStream.Builder sums = LongStream.builder();
        LongMapSubject subject = new LongMapSubject(stream.settings()) {

            @Override
            public void close() {
                sums.add(map.values().stream().mapToLong(value -> value).sum());
            }
        };
        assertEquals(operations(replies(stream, subject, "load\nwindow 0.05\n")) * 5 + SUM_OF_LOADED_VALUES, sums.build().sum());
    }

    @Test
    void shouldLoseNoAdditionToArrays() throws IOException, InterruptedException {
        OperationStream stream = stream(Workload.RMW, 24);
        LongStream.Builder sums = LongStream.builder();
        BytesMapSubject subject = new BytesMapSubject(stream.settings()) {

            @Override
            public void close() {
                sums.add(map.values().stream().mapToLong(ByteValue::firstWord).sum());
            }
        };
        assertEquals(operations(replies(stream, subject, "load\nwindow 0.05\n")) * 5 + SUM_OF_LOADED_VALUES, sums.build().sum());
    }

    private static long operations(List<String> replies) {
        return Long.parseLong(replies.getLast().replaceAll(".*operations=(\\d+).*", "$1"));
    }
}
