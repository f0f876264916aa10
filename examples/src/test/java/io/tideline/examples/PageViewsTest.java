package io.tideline.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class PageViewsTest {
    private static final List<String> PAGES = List.of("/", "/news", "/search", "/cart", "/help", "/about");

    @Test
    void shouldPrintWhatOnePlainThreadWouldCount() {
        assertEquals(countedPlainly(2_000, 20), Output.of(out -> PageViews.run(out, 2_000, 20)));
    }

    private static List<String> countedPlainly(int visitors, int clicks) {
        TreeMap<String, Long> numbers = new TreeMap<>();
        for (int visitor = 0; visitor < visitors; visitor++) {
            SplittableRandom random = new SplittableRandom(visitor);
            for (int click = 0; click < clicks; click++) {
                String page = PAGES.get(Math.min(random.nextInt(6), random.nextInt(6)));
                numbers.merge("slowest of " + page, random.nextLong(1, 500), Math::max);
                numbers.merge("views of " + page, 1L, Long::sum);
            }
        }
        List<String> lines = new ArrayList<>();
        numbers.forEach((name, number) -> lines.add(name + ": " + number));
        lines.add(visitors / 2 + " visitors are still there and saw " + visitors / 2 * clicks + " pages");
        return lines;
    }
}
