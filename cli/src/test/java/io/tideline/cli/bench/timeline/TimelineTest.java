package io.tideline.cli.bench.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {

    private static final long MILLI = 1_000_000;

    static Timeline of(long... endsAndTotals) {
        Timeline.Builder builder = new Timeline.Builder(50 * MILLI);
        for (int i = 0; i < endsAndTotals.length; i += 2) {
            builder.add(endsAndTotals[i] * MILLI, endsAndTotals[i + 1], Window.UNKNOWN);
        }
        return builder.build();
    }

    @Test
    void shouldMeasureEachWindowByTheTimeThatPassed() {
        // the second count came 60 ms late, the third in time again
        Timeline timeline = of(100, 1_000, 260, 2_600, 300, 3_000, 400, 3_500);
        assertEquals(List.of(new Window(0, 100 * MILLI, 1_000, Window.UNKNOWN), new Window(100 * MILLI, 300 * MILLI, 2_000, Window.UNKNOWN),
                new Window(300 * MILLI, 400 * MILLI, 500, Window.UNKNOWN)),
                timeline.windows());
        assertEquals(10_000, timeline.windows().get(1).perSecond());
        assertEquals(timeline.windows().getLast(), timeline.worst());
        assertEquals(5_000, timeline.worst().perSecond());
        assertEquals(10_000, timeline.best());
        assertEquals(8_750, timeline.mean());
    }

    @Test
    void shouldTellOfEachWindowWhatTheHostKept() {
        Timeline.Builder builder = new Timeline.Builder(50 * MILLI);
        builder.begin(30 * MILLI);
        builder.add(100 * MILLI, 10, 40 * MILLI);
        builder.add(200 * MILLI, 20, 60 * MILLI);
        builder.add(210 * MILLI, 25, 70 * MILLI); // too short: part of the one before
        builder.add(300 * MILLI, 30, Window.UNKNOWN);
        builder.add(400 * MILLI, 40, 90 * MILLI); // nobody knows of which window
        builder.add(500 * MILLI, 50, 95 * MILLI);
        Timeline timeline = builder.build();
        assertEquals(List.of(10 * MILLI, 30 * MILLI, Window.UNKNOWN, Window.UNKNOWN, 5 * MILLI), timeline.windows().stream().map(Window::stolenNanos).toList());
        assertEquals(timeline, Timeline.parse(timeline.toText()));
    }

    @Test
    void shouldLoseNoOperationInAWindowThatIsTooShort() {
        Timeline timeline = of(100, 10, 200, 20, 210, 29);
        assertEquals(2, timeline.windows().size());
        assertEquals(29, timeline.operations());
        assertEquals(210 * MILLI, timeline.nanos());
        assertEquals(19, timeline.windows().getLast().operations());
    }

    @Test
    void shouldGiveTheOperationsOfAClockThatStoodStillToTheNextWindow() {
        Timeline timeline = of(100, 10, 100, 15, 200, 30);
        assertEquals(List.of(10L, 20L), timeline.windows().stream().map(Window::operations).toList());
    }

    @Test
    void shouldKeepAFirstWindowHoweverShort() {
        assertEquals(1, of(1, 5).windows().size());
        assertThrows(IllegalArgumentException.class, () -> new Timeline.Builder(1).build());
    }

    @Test
    void shouldTakeTheMeanOfTheWindowsThatLieWhollyInside() {
        Timeline timeline = of(100, 100, 200, 300, 300, 600);
        assertEquals(2_000, timeline.mean(50 * MILLI, 250 * MILLI));
        assertEquals(2_500, timeline.mean(100 * MILLI, 300 * MILLI));
        assertTrue(Double.isNaN(timeline.mean(110 * MILLI, 190 * MILLI)));
    }

    @Test
    void shouldComeBackFromItsText() {
        Timeline timeline = of(100, 7, 210, 7, 300, 9);
        assertEquals(timeline, Timeline.parse(timeline.toText()));
        List<Cut> cuts = List.of(new Cut(1, 2, 3, 4), new Cut(5, 6, 0, 0));
        assertEquals(cuts, Cut.parse(Cut.toText(cuts)));
        assertEquals(List.of(), Cut.parse(Cut.toText(List.of())));
    }
}
