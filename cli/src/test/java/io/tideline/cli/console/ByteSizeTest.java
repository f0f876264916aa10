package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

    @ParameterizedTest
    @CsvSource({
        "1, 1", "4096, 4096", "1k, 1024", "64m, 67108864", "1g, 1073741824", "2T, 2199023255552", "64M, 67108864", "007k, 7168",
        "8388607t, 9223370937343148032", "9223372036854775807, 9223372036854775807"
    })
    void shouldReadSizesWithBinaryUnits(String text, long bytes) {
        assertEquals(bytes, ByteSize.parse(text).bytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "m", "1.5g", "-1", "+1", "1 m", " 1", "1mb", "0x10", "1e3", "one", "0", "0g", "9223372036854775808", "8388608t", "١"
    })
    void shouldRefuseWhatIsNotASizeAndNameIt(String text) {
        IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(text));
        assertTrue(refused.getMessage().contains("'" + text + "'"), refused.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "1023", "1k", "1025", "3m", "1g", "5t", "2048t"})
    void shouldWriteSizesAsTheyAreRead(String text) {
        assertEquals(text, ByteSize.parse(text).toString());
    }

    @Test
    void shouldDescribeSizesForPeople() {
        assertEquals("0 bytes", ByteSize.describe(0));
        assertEquals("1 byte", ByteSize.describe(1));
        assertEquals("1023 bytes", ByteSize.describe(1023));
        assertEquals("1.5 KiB", ByteSize.describe(1536));
        assertEquals("64.0 MiB", ByteSize.describe(64 << 20));
        assertEquals("8388608.0 TiB", ByteSize.describe(Long.MAX_VALUE));
    }
}
