package io.tideline.jmh;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.cli.bench.work.Keys;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SortedKeysTest {

    private static long[] expected(long keys, long flip) {
        return LongStream.range(0, keys).map(index -> Keys.keyOf(index) ^ flip).sorted().map(ordered -> ordered ^ flip).toArray();
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "7,1", "1000,1", "1000,100", "1000,999", "1000,1000", "1000,1001", "100000,4096"})
    void shouldVisitEveryKeyOnceInUnsignedOrder(long keys, long partKeys) {
        LongStream.Builder visited = LongStream.builder();
        SortedKeys.visitUnsigned(keys, partKeys, (key, index) -> {
            assertEquals(Keys.keyOf(index), key);
            visited.add(key);
        });
        assertArrayEquals(expected(keys, Long.MIN_VALUE), visited.build().toArray());
    }

    @Test
    void shouldVisitThemInSignedOrderToo() {
        LongStream.Builder visited = LongStream.builder();
        SortedKeys.visitSigned(10_000, (key, _) -> visited.add(key));
        assertArrayEquals(expected(10_000, 0), visited.build().toArray());
    }
}
