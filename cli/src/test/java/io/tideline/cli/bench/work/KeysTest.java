package io.tideline.cli.bench.work;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class KeysTest {

    @Test
    void shouldBeTheFinaliserOfTheIndexPlusOne() {
        assertEquals(0, Keys.mix(0));
        assertEquals(0xb456bcfc34c2cb2cL, Keys.keyOf(0));
        assertEquals(0x3abf2a20650683e7L, Keys.keyOf(1));
    }

    @Test
    void shouldAllBeDifferent() {
        assertEquals(1_000_000, LongStream.range(0, 1_000_000).map(Keys::keyOf).distinct().count());
    }

    @Test
    void shouldFindTheWayBackToTheIndex() {
        LongStream.concat(LongStream.range(0, 100_000), LongStream.of(1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1))
                .forEach(index -> assertEquals(index, Keys.indexOf(Keys.keyOf(index))));
    }
}
