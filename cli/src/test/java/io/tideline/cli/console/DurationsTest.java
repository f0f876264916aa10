package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({"300ms, 300", "2s, 2000", "5m, 300000", "1h, 3600000", "0s, 0"})
    void shouldReadDurationsWithTheirUnit(String text, long millis) {
        assertEquals(Duration.ofMillis(millis), Durations.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "s", "1.5s", "-1s", "2 s", "2S", "2sec", "9999999999999999999s", "9223372036854775807h", "3000000h"})
    void shouldRefuseWhatIsNotADurationAndNameIt(String text) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> Durations.parse(text));
        assertTrue(refused.getMessage().contains("'" + text + "'"), refused.getMessage());
    }

    @Test
    void shouldShowTimesAsAClockDoes() {
        assertEquals("0:07", Durations.clock(Duration.ofSeconds(7)));
        assertEquals("12:30", Durations.clock(Duration.ofSeconds(750)));
        assertEquals("3:05:00", Durations.clock(Duration.ofMinutes(185)));
    }
}
