package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class SpreadTest {

    @Test
    void shouldKnowTheMiddleAndTheEnds() {
        assertEquals(new Spread(2, 1, 9), Spread.of(DoubleStream.of(9, 1, 2)));
        assertEquals(new Spread(3, 1, 9), Spread.of(DoubleStream.of(9, 1, 2, 4)));
        assertEquals(new Spread(7, 7, 7), Spread.of(DoubleStream.of(7)));
    }

    @Test
    void shouldRefuseNothing() {
        assertThrows(IllegalArgumentException.class, () -> Spread.of(DoubleStream.empty()));
    }
}
