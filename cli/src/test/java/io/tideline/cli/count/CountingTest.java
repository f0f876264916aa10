package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.cli.console.Streams;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountingTest {

    private static final Streams STREAMS = new Streams(InputStream.nullInputStream(), System.out, System.err, false, false);

    @TempDir
    private Path directory;

    @Test
    void shouldCountEveryTokenOnceWhereverALargeFileIsCut() throws IOException {
        long seed = System.nanoTime();
        System.out.println("shouldCountEveryTokenOnceWhereverALargeFileIsCut: seed " + seed);
        Random random = new Random(seed);
        Path file = directory.resolve("large");
        for (int round = 0; round < 60; round++) {
            byte[] document = TokenizerTest.randomDocument(random, random.nextInt(3_000));
            Files.write(file, document);
            int gramLength = 1 + random.nextInt(5);
            long sliceBytes = 1 + random.nextInt(random.nextBoolean() ? 20 : 2_000);
            Map<String, Long> expected = NaiveWords.grams(document, gramLength).stream()
                    .collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()));
            assertEquals(expected, counted(file, gramLength, sliceBytes), "round " + round + ", n-grams of " + gramLength
                    + ", slices of " + sliceBytes);
        }
    }

    private static Map<String, Long> counted(Path file, int gramLength, long sliceBytes) {
        Interruption interruption = new Interruption(System.err);
        Map<String, Long> counts = new TreeMap<>();
        try (Store store = Store.open(StoreConfig.builder().memory(16 << 20).build());
                Inputs inputs = Inputs.of(List.of(file.toString()), STREAMS.in(), false);
                ProgressBar bar = new ProgressBar(STREAMS, true, System::nanoTime, "counting", "tokens", inputs.sizeBytes())) {
            long total = new Counting(store, inputs, 2, gramLength, 1 << 16, sliceBytes, interruption, bar).run();
            StoredCounts.forEach(store,
                    (token, count) -> counts.put(new String(token.toArray(), StandardCharsets.ISO_8859_1), count));
            assertEquals(total, counts.values().stream().mapToLong(Long::longValue).sum());
        }
        return counts;
    }
}
