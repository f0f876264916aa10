package io.tideline.cli.bench.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class PictureTest {

    private static final long SECOND = 1_000_000_000;

    private static final List<Track> TRACKS = List.of(
            new Track("plain", TimelineTest.of(100, 100_000, 200, 200_000, 300, 300_000), List.of()),
            new Track("a < b & \"c\"", TimelineTest.of(100, 50_000, 200, 100_000, 310, 100_000),
                    List.of(new Cut(SECOND / 10, SECOND / 5, 1, 0), new Cut(SECOND / 4, 5 * SECOND, 1, 9))));

    /** The document, or a failure if it is not well-formed. */
    public static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<Element> elements(Document document, String name, String kind) {
        NodeList nodes = document.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength()).mapToObj(i -> (Element) nodes.item(i)).filter(each -> each.getAttribute("class").equals(kind)).toList();
    }

    @Test
    void shouldDrawEveryRunOnTheSameScale() throws Exception {
        Document document = parse(new Picture("a picture", TRACKS).toSvg());
        List<Element> speeds = elements(document, "polyline", "speed");
        assertEquals(2, speeds.size());
        double[] first = points(speeds.get(0));
        double[] second = points(speeds.get(1));
        assertEquals(2 * 2 * 3, first.length);
        assertEquals(2 * 2 * 3, second.length);
        // half the speed is half as high above the bottom of its panel, where 0 is: the last window of the second run
        double bottom = second[second.length - 1];
        assertEquals((bottom - second[1]) * 2, panelHeight(first, second, bottom), 0.5);
        assertEquals(first[2], second[2], 0.01, "both reach 100 ms at the same place");
    }

    /** How high the first run's line is above its own bottom: the panels are equally far apart. */
    private static double panelHeight(double[] first, double[] second, double bottomOfSecond) {
        double shift = 216; // a panel and the gap behind it
        return bottomOfSecond - shift - first[1];
    }

    private static double[] points(Element line) {
        return List.of(line.getAttribute("points").split("[ ,]")).stream().mapToDouble(Double::parseDouble).toArray();
    }

    @Test
    void shouldShadeCutsAndNotDrawThemBeyondTheEnd() throws Exception {
        Document document = parse(new Picture("a picture", TRACKS).toSvg());
        List<Element> cuts = elements(document, "rect", "cut");
        assertEquals(2, cuts.size());
        assertTrue(!cuts.get(0).getAttribute("fill").equals(cuts.get(1).getAttribute("fill")), "the one with an image is darker");
        double right = Double.parseDouble(cuts.get(1).getAttribute("x")) + Double.parseDouble(cuts.get(1).getAttribute("width"));
        assertTrue(right <= 1_000 - 20 + 0.1, right + "");
    }

    @Test
    void shouldDrawARunThatDidNothing() throws Exception {
        parse(new Picture("nothing", List.of(new Track("idle", TimelineTest.of(100, 0), List.of()))).toSvg());
    }

    @Test
    void shouldDrawBarsAndMarksInText() {
        Timeline timeline = TimelineTest.of(100, 8, 200, 12, 300, 12, 400, 20);
        Sparkline line = new Sparkline(new Track("", timeline, List.of(new Cut(SECOND / 10, SECOND / 10 + 1, 0, 0), new Cut(SECOND * 3 / 10, SECOND, 0, 5))),
                4, timeline.nanos());
        assertEquals("█▅▁█", line.bars(80));
        assertEquals(" ^ #", line.marks());
        assertEquals("███▅▅", new Sparkline(new Track("", TimelineTest.of(100, 8, 200, 12), List.of()), 5, 2 * SECOND / 10).bars(80));
    }
}
