package io.tideline.cli.console;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class InterruptionTest {

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final PrintStream errors = new PrintStream(said, true, StandardCharsets.UTF_8);
    private final Interruption interruption = new Interruption(errors);

    @Test
    void shouldEndTheWorkAndPublishNothingAfterARequest() {
        interruption.beforeMessage(() -> errors.print("\n"));
        assertDoesNotThrow(interruption::check);
        interruption.request();
        interruption.request();
        assertTrue(interruption.isRequested());
        assertThrows(Interruption.Stopped.class, interruption::check);
        assertThrows(Interruption.Stopped.class, () -> interruption.publish(() -> errors.print("result")));
        assertEquals("\ntideline: interrupted before the end, so there is no result.", said().stripTrailing());
    }

    @Test
    void shouldBeSilentOnceTheResultIsOut() {
        interruption.publish(() -> errors.print("result"));
        interruption.request();
        assertEquals("result", said());
    }

    @Test
    void shouldBeSilentOnceTheRunIsOver() {
        interruption.runIsOver();
        interruption.request();
        assertEquals("", said());
    }

    @Test
    void shouldLetAPublicationThatHasBegunComeToItsEnd() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        Thread requester = new Thread(() -> {
            while (begun.getCount() > 0) {
                Thread.onSpinWait();
            }
            interruption.request();
        });
        requester.start();
        interruption.publish(() -> {
            errors.print("first half, ");
            begun.countDown();
            while (requester.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            errors.print("second half");
        });
        requester.join();
        assertEquals("first half, second half", said());
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }
}
