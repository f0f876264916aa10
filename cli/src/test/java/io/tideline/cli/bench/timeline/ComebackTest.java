package io.tideline.cli.bench.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Of planted series: a digit is the operations of a window of 100 ms. */
class ComebackTest {

    private static final long WINDOW = 100_000_000;

    private static Timeline timeline(String digits) {
        Timeline.Builder builder = new Timeline.Builder(WINDOW / 2);
        long total = 0;
        for (int i = 0; i < digits.length(); i++) {
            total += digits.charAt(i) - '0';
            builder.add((i + 1) * WINDOW, total, Window.UNKNOWN);
        }
        return builder.build();
    }

    private static Cut cut(double from, double to) {
        return new Cut((long) (from * WINDOW), (long) (to * WINDOW), 0, 0);
    }

    private static List<OptionalLong> windows(String digits, Cut... cuts) {
        return Comeback.of(timeline(digits), List.of(cuts)).stream()
                .map(comeback -> comeback.nanos().isEmpty() ? OptionalLong.empty() : OptionalLong.of(comeback.nanos().getAsLong() / WINDOW)).toList();
    }

    @Test
    void shouldBeBackAtOnceWhereNothingGotSlower() {
        assertEquals(List.of(OptionalLong.of(0)), windows("99999999999999999999", cut(5, 8)));
    }

    @Test
    void shouldBeBackWhereFiveWindowsTogetherHaveTheSpeedOfBefore() {
        // slow in windows 5 to 9; the first five that are at full speed begin at 10
        assertEquals(List.of(OptionalLong.of(5)), windows("99999333339999999999", cut(5, 7)));
    }

    @Test
    void shouldNotTakeOneFastWindowForFullSpeed() {
        assertEquals(List.of(OptionalLong.of(9)), windows("9999933393333399999999999", cut(5, 7)));
    }

    @Test
    void shouldSeeASlownessThatBeginsLateInTheCut() {
        assertEquals(List.of(OptionalLong.of(15)), windows("9999999999999999993399999999999", cut(5, 20)));
    }

    @Test
    void shouldNotBlameACutForWhatComesLongAfterIt() {
        assertEquals(List.of(OptionalLong.of(2)), windows("99999339999999999999999111119999999999", cut(5, 7)));
    }

    @Test
    void shouldSayWhenItWasNotBackBeforeTheNextCut() {
        assertEquals(List.of(OptionalLong.empty(), OptionalLong.of(0)), windows("999991111111111999999999", cut(5, 6), cut(15, 16)));
    }

    @Test
    void shouldSayWhenItWasNotBackBeforeTheEnd() {
        assertEquals(List.of(OptionalLong.empty()), windows("9999911111", cut(5, 20)));
        assertEquals(List.of(OptionalLong.empty()), windows("99999", cut(5, 6)));
    }

    @Test
    void shouldCompareWithWhatWasBetweenTheCuts() {
        List<Comeback> comebacks = Comeback.of(timeline("88888111116666666666"), List.of(cut(5, 10), cut(15, 16)));
        assertEquals(80, comebacks.get(0).before());
        assertEquals(60, comebacks.get(1).before());
        assertEquals(OptionalLong.of(0), comebacks.get(1).nanos());
    }

    @Test
    void shouldKnowNothingWhereNothingCameBefore() {
        Comeback comeback = Comeback.of(timeline("99999"), List.of(cut(0, 1))).getFirst();
        assertTrue(Double.isNaN(comeback.before()) && comeback.nanos().isEmpty(), comeback.toString());
    }
}
