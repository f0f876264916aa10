package io.tideline.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.cli.bench.timeline.Cut;
import io.tideline.cli.bench.timeline.Timeline;
import io.tideline.cli.bench.timeline.Window;
import io.tideline.cli.bench.work.CutPlan;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointRunTest {

    private static final long SECOND = 1_000_000_000;

    /** Windows of a second each with so many operations. */
    private static CheckpointRun of(List<Cut> cuts, long... operations) {
        Timeline.Builder builder = new Timeline.Builder(SECOND / 2);
        long done = 0;
        for (int i = 0; i < operations.length; i++) {
            done += operations[i];
            builder.add((i + 1) * SECOND, done, Window.UNKNOWN);
        }
        return new CheckpointRun(CutPlan.Kind.CHECKPOINT, 1, builder.build(), cuts, null, null, 0);
    }

    private static Cut at(long nanos) {
        return new Cut(nanos, nanos + SECOND, 0, 0);
    }

    @Test
    void shouldCompareTheSlowestMomentWithWhatWasBeforeItsCut() {
        CheckpointRun run = of(List.of(at(3 * SECOND), at(6 * SECOND)), 900, 150, 50, 60, 80, 100, 25, 40, 50);
        CheckpointRun without = of(List.of(), 200, 200);
        assertEquals(0.125, run.worstOf(without));
        // 60 of 150 and 50 behind the first; 25 of 80 and 100 behind the second
        assertEquals(25.0 / 90, run.worstOfBefore(), 1e-9);
    }

    /** A cut that begins within a window slows a part of it, and what is before lies wholly before. */
    @Test
    void shouldTakeTheWindowInWhichACutBeginsForOneBehindIt() {
        assertEquals(0.5, of(List.of(at(2 * SECOND + SECOND / 2)), 100, 100, 50, 90).worstOfBefore(), 1e-9);
    }

    @Test
    void shouldNotCompareWithWhatIsNotThere() {
        assertTrue(Double.isNaN(of(List.of(), 100, 100).worstOfBefore()));
        assertTrue(Double.isNaN(of(List.of(at(SECOND / 2)), 100, 100).worstOfBefore()), "no window lies before it");
        assertTrue(Double.isNaN(of(List.of(at(2 * SECOND)), 0, 0, 100).worstOfBefore()), "nothing was done before it");
        assertEquals(0.75, of(List.of(at(SECOND / 2), at(4 * SECOND)), 10, 100, 100, 100, 75).worstOfBefore(), 1e-9);
    }

    /** What comes much later has to do with the machine, and what lies within the cut before is no measure. */
    @Test
    void shouldLookAtWhatIsShortlyBeforeAndBehind() {
        assertEquals(0.75, of(List.of(at(2 * SECOND)), 100, 100, 75, 90, 90, 10).worstOfBefore(), 1e-9);
        assertEquals(0.8, of(List.of(new Cut(2 * SECOND, 4 * SECOND, 0, 0), at(5 * SECOND)), 50, 50, 50, 60, 100, 80).worstOfBefore(), 1e-9);
    }
}
