package io.tideline.cli.count;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.tideline.cli.console.Interruption;
import io.tideline.cli.console.ProgressBar;
import io.tideline.cli.console.Streams;
import io.tideline.core.Store;
import io.tideline.core.StoreConfig;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VerificationTest {

    private static final Streams STREAMS = new Streams(InputStream.nullInputStream(), System.out, System.err, false, false);

    private final Store store = Store.open(StoreConfig.builder().memory(16 << 20).build());

    @AfterEach
    void closeStore() {
        store.close();
    }

    @Test
    void shouldFindNothingInAStoreThatCountedRight() {
        add("b", 1);
        add("a", 2);
        assertEquals(List.of(), differences("a b a", 1));
    }

    @Test
    void shouldFindACountThatIsTooLowOrTooHigh() {
        add("b", 2);
        add("a", 1);
        assertEquals(List.of("a 1 1 2", "b 2 2 1"), differences("a b a", 1));
    }

    @Test
    void shouldFindATokenThatTheStoreLost() {
        add("a", 2);
        assertEquals(List.of("b 0 0 1"), differences("a b a", 1));
    }

    @Test
    void shouldFindATokenThatOnlyTheStoreHas() {
        add("a", 2);
        add("b", 1);
        add("c", 1);
        assertEquals(List.of("c 1 1 0"), differences("a b a", 1));
    }

    @Test
    void shouldCountNGramsOfBytesThatAreNoText() {
        add("\u00ff\u0080 b", 1);
        add("b \u00ff\u0080", 1);
        assertEquals(List.of(), differences("\u00ff\u0080-b--\u00ff\u0080", 2));
    }

    private List<String> differences(String document, int gramLength) {
        Interruption interruption = new Interruption(System.err);
        try (Inputs inputs = Inputs.of(List.of("-"), new ByteArrayInputStream(bytes(document)), true);
                ProgressBar bar = new ProgressBar(STREAMS, true, System::nanoTime, "verifying", "tokens", inputs.sizeBytes())) {
            Verification verification = new Verification(gramLength, interruption, bar);
            verification.count(inputs);
            StoredCounts.forEach(store, verification::scanned);
            return verification.differences(store, bar).stream()
                    .map(difference -> new String(difference.token(), StandardCharsets.ISO_8859_1) + " " + difference.read() + " "
                            + difference.scanned() + " " + difference.inMap())
                    .toList();
        }
    }

    private void add(String token, long count) {
        byte[] key = bytes(token);
        store.add(key, 0, key.length, count);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
