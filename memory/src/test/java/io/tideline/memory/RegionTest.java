package io.tideline.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tideline.fault.IoFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegionTest {
    private static final Path MAPPINGS = Path.of("/proc/self/smaps");

    /** What the kernel says about the mapping that holds the address; empty if there is none. */
    private static Map<String, String> mapping(long address) throws IOException {
        Map<String, String> found = new HashMap<>();
        boolean inside = false;
        for (String line : Files.readAllLines(MAPPINGS)) {
            String first = line.substring(0, line.indexOf(' '));
            if (first.endsWith(":")) {
                if (inside) {
                    found.put(first, line.substring(first.length()).trim());
                }
            } else {
                String[] ends = first.split("-");
                inside = Long.compareUnsigned(Long.parseUnsignedLong(ends[0], 16), address) <= 0
                        && Long.compareUnsigned(address, Long.parseUnsignedLong(ends[1], 16)) < 0;
            }
        }
        return found;
    }

    private static void assertZero(Region region, long offset, long length) {
        for (long at = offset; at < offset + length; at += 8) {
            assertEquals(0, Words.get(region.address() + at), "word at +" + at);
        }
    }

    private static void fill(Region region) {
        for (long at = 0; at < region.sizeBytes(); at += 8) {
            Words.set(region.address() + at, at + 1);
        }
    }

    private static void assertFilled(Region region, long offset, long length) {
        for (long at = offset; at < offset + length; at += 8) {
            assertEquals(at + 1, Words.get(region.address() + at), "word at +" + at);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 4096", "4095, 4096", "4096, 4096", "4097, 8192", "2097152, 2097152", "2097153, 2101248"})
    void shouldBeZeroedAlignedAndRoundedToPages(long asked, long given) {
        for (boolean hugePages : new boolean[] {false, true}) {
            try (Region region = Region.allocate(asked, hugePages)) {
                assertEquals(given, region.sizeBytes());
                assertEquals(0, region.address() % (given < HugePages.SIZE_BYTES ? 4096 : HugePages.SIZE_BYTES));
                assertZero(region, 0, given);
                fill(region);
                assertFilled(region, 0, given);
            }
        }
    }

    @Test
    void shouldBeZeroedAgainAfterAnotherLifeOfTheSameAddress() {
        long address = 0;
        boolean reused = false;
        for (int life = 0; life < 50; life++) {
            try (Region region = Region.allocate(16384, false)) {
                reused |= region.address() == address;
                address = region.address();
                assertZero(region, 0, 16384);
                fill(region);
            }
        }
        assertTrue(reused, "no address was given out twice, so nothing was shown");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, (1L << 46) + 1, Long.MAX_VALUE})
    void shouldRefuseASizeAndNameIt(long sizeBytes) {
        String message = assertThrows(IllegalArgumentException.class, () -> Region.allocate(sizeBytes, false)).getMessage();
        assertTrue(message.contains(Long.toString(sizeBytes)) && message.contains("1 to 2^46"), message);
    }

    @Test
    void shouldSayWhatToDoWhenTheAddressSpaceEnds() {
        assumeTrue(LinuxCall.areThere());
        List<Region> regions = new ArrayList<>();
        try {
            String message = assertThrows(IoFault.class, () -> {
                for (int i = 0; i < 1 << 12; i++) {
                    regions.add(Region.allocate(1L << 46, false));
                }
            }).getMessage();
            assertTrue(message.contains(Long.toString((1L << 46) + HugePages.SIZE_BYTES)) && message.contains("ulimit -v") && message.contains("vm.overcommit_memory"), message);
        } finally {
            regions.forEach(Region::close);
        }
        Region.allocate(4096, false).close();
    }

    @Test
    void shouldTakeMemoryOnlyWhereItIsTouchedAndGiveItBack() throws IOException {
        assumeTrue(LinuxCall.areThere());
        long address;
        try (Region region = Region.allocate(1L << 30, false)) {
            address = region.address();
            assertEquals("0 kB", mapping(address).get("Rss:"));
            Words.set(address + (1 << 29), 1);
            long resident = Long.parseLong(mapping(address).get("Rss:").replace(" kB", ""));
            assertTrue(resident >= 4 && resident <= HugePages.SIZE_BYTES >> 10, "one page, of whatever size the kernel likes best");
            region.discard(1 << 29, HugePages.SIZE_BYTES);
            assertEquals("0 kB", mapping(address).get("Rss:"));
        }
        assertEquals(Map.of(), mapping(address));
    }

    @Test
    void shouldGiveBackTheEndsThatAlignedIt() throws IOException {
        assumeTrue(LinuxCall.areThere());
        try (Region region = Region.allocate(4096, false)) {
            assertEquals((NativeMemory.pageBytes() >> 10) + " kB", mapping(region.address()).get("Size:"));
        }
    }

    @Test
    void shouldZeroExactlyThePartThatIsDiscarded() {
        try (Region region = Region.allocate(8 * 4096, false)) {
            fill(region);
            region.discard(2 * 4096, 3 * 4096);
            assertFilled(region, 0, 2 * 4096);
            assertZero(region, 2 * 4096, 3 * 4096);
            assertFilled(region, 5 * 4096, 3 * 4096);
            region.discard(0, 0);
            region.discard(8 * 4096, 0);
            assertFilled(region, 0, 2 * 4096);
            region.discard(0, 8 * 4096);
            assertZero(region, 0, 8 * 4096);
        }
    }

    /** On a kernel of larger pages, whole ones are mapped, given back and unmapped, while sizes and discarded parts are multiples of 4 KiB. */
    @ParameterizedTest
    @ValueSource(longs = {4096, 16 << 10, 64 << 10})
    void shouldMapAndGiveBackWholePagesOfTheKernel(long pageBytes) throws IOException {
        assumeTrue(LinuxCall.areThere() && pageBytes >= NativeMemory.pageBytes());
        for (long size : new long[] {4096, 68 << 10, HugePages.SIZE_BYTES + 4096, HugePages.SIZE_BYTES + (64 << 10)}) {
            long address;
            long lastPage;
            try (Region region = Region.allocate(size, false, pageBytes)) {
                address = region.address();
                lastPage = address + (size + pageBytes - 1) / pageBytes * pageBytes - 4096;
                assertEquals(size, region.sizeBytes());
                fill(region);
                assertTrue(mapping(lastPage).containsKey("Size:"), "the last page is mapped to its end");
            }
            assertEquals(Map.of(), mapping(address));
            assertEquals(Map.of(), mapping(lastPage));
        }
        try (Region region = Region.allocate(4 << 20, false, pageBytes)) {
            fill(region);
            long resident = residentKilobytes(region);
            region.discard(4096, 3 * (64 << 10));
            assertFilled(region, 0, 4096);
            assertZero(region, 4096, 3 * (64 << 10));
            assertFilled(region, 4096 + 3 * (64 << 10), (4 << 20) - 4096 - 3 * (64 << 10));
            long whole = (3 * (64 << 10) + 4096) / pageBytes * pageBytes - (4096 + pageBytes - 1) / pageBytes * pageBytes;
            assertEquals(whole >> 10, resident - residentKilobytes(region), "only whole pages are given back");
            region.discard(4096, 4096);
            region.discard((4 << 20) - 4096, 4096);
            assertZero(region, 4096, 4096);
            assertZero(region, (4 << 20) - 4096, 4096);
            assertFilled(region, (4 << 20) - (64 << 10), (64 << 10) - 4096);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {HugePages.SIZE_BYTES, 64 << 10, 1 << 20})
    void shouldMoveMemoryAndLeaveZeros(long part) throws IOException {
        assumeTrue(LinuxCall.areThere());
        try (Region region = Region.allocate(4 * part, true)) {
            for (long at = part; at < 2 * part; at += 8) {
                Words.set(region.address() + at, at);
            }
            Words.set(region.address() + 3 * part, 5);
            assumeTrue(region.move(part, 3 * part, part), "a kernel that moves memory");
            for (long at = 0; at < part; at += 8) {
                assertEquals(part + at, Words.get(region.address() + 3 * part + at));
            }
            assertZero(region, part, (int) part);
            assertTrue(mapping(region.address() + 2 * part - 4096).containsKey("Size:"), "what was left is mapped");
            assertThrows(IllegalArgumentException.class, () -> region.move(0, part / 2, part));
            assertThrows(IllegalArgumentException.class, () -> region.move(512, 2 * part, part));
            assertThrows(IllegalArgumentException.class, () -> region.move(0, 4 * part, part));
        }
    }

    /** The kernel may have larger pages than 4 KiB, and moves only whole ones. */
    @Test
    void shouldMoveNoPartsOfPages() throws IOException {
        long pageBytes = 64 << 10;
        try (Region region = Region.allocate(1 << 20, false, pageBytes)) {
            Words.set(region.address(), 7);
            assertFalse(region.move(0, pageBytes, 4096), "part of a page");
            assertFalse(region.move(0, pageBytes + 4096, pageBytes), "to the middle of one");
            assertEquals(7, Words.get(region.address()));
        }
    }

    /** Older kernels unmap the target before they look at what is to be moved. So that it is unmapped with newer ones too, it is here from the start. */
    @Test
    void shouldLeaveNoHoleWhereAMoveFails() throws IOException {
        assumeTrue(LinuxCall.areThere());
        long part = 64 << 10; // no stack fits where it was
        assertFalse(NativeMemory.move(0, 0, 0), "and all is linked");
        long from = NativeMemory.map(2 * part);
        NativeMemory.unmap(from, 2 * part);
        assertFalse(NativeMemory.move(from, from + part, part));
        assertTrue(mapping(from + part).containsKey("Size:"), "the target is mapped");
        NativeMemory.unmap(from + part, part);
    }

    @Test
    void shouldBeResidentWhenItIsTouchedInAdvance() throws IOException {
        assumeTrue(LinuxCall.areThere());
        try (Region region = Region.allocate(70 << 20, false)) {
            Words.set(region.address() + 8, 7);
            region.preTouch(0, 33 << 20);
            long resident = residentKilobytes(region);
            assumeTrue(resident > 4, "a kernel that populates memory");
            assertTrue(resident >= 33 << 10, resident + " KiB are resident");
            assertEquals(7, Words.get(region.address() + 8));
            assertZero(region, 16, (33 << 20) - 16);
            region.preTouch(0, 0);
            assertThrows(IllegalArgumentException.class, () -> region.preTouch(0, (70 << 20) + 4096));
        }
    }

    /** Where the pages of the kernel are not known for sure, larger ones are assumed; what is in front of the region is not its own. */
    @Test
    void shouldNotTouchWhatStandsInFrontOfIt() throws IOException {
        assumeTrue(LinuxCall.areThere());
        try (Region region = Region.allocate(1 << 20, false, 1L << 36)) {
            long before = residentKilobytes(region); // of its neighbours too, where the kernel takes them for one mapping
            region.preTouch(4096, (1 << 20) - 4096);
            long resident = residentKilobytes(region) - before;
            try (Region usual = Region.allocate(70 << 20, false)) {
                usual.preTouch(0, 33 << 20);
                assumeTrue(residentKilobytes(usual) > 4, "a kernel that populates memory");
            }
            assertTrue(resident >= (1 << 10) - 4, resident + " KiB are resident");
        }
    }

    private static long residentKilobytes(Region region) throws IOException {
        return Long.parseLong(mapping(region.address()).get("Rss:").replace(" kB", ""));
    }

    @Test
    void shouldKnowThePagesOfTheKernel() throws IOException {
        assumeTrue(LinuxCall.areThere());
        try (Region region = Region.allocate(1, false)) {
            assertEquals((NativeMemory.pageBytes() >> 10) + " kB", mapping(region.address()).get("KernelPageSize:"));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 4096", "0, 1", "0, 4095", "-4096, 4096", "0, -4096", "0, 20480", "16384, 4096", "4096, 16384", "9223372036854771712, 4096"})
    void shouldRefuseToDiscardWhatIsNotItsOwn(long offset, long length) {
        try (Region region = Region.allocate(4 * 4096, false)) {
            fill(region);
            String message = assertThrows(IllegalArgumentException.class, () -> region.discard(offset, length)).getMessage();
            assertTrue(message.contains(Long.toString(offset)) && message.contains(Long.toString(length)), message);
            assertFilled(region, 0, 4 * 4096);
        }
    }

    @Test
    void shouldRefuseUseAfterClose() {
        Region region = Region.allocate(4096, false);
        long address = region.address();
        region.close();
        assertEquals("this region of 4096 bytes is closed", assertThrows(IllegalStateException.class, region::address).getMessage());
        assertThrows(IllegalStateException.class, () -> region.discard(0, 4096));
        assertThrows(AssertionError.class, () -> Words.get(address), "the door of the tests still knows it");
    }

    @Test
    void shouldNotCloseTheNextRegionOfItsAddress() {
        boolean reused = false;
        for (int life = 0; life < 100 && !reused; life++) {
            Region first = Region.allocate(4096, false);
            long address = first.address();
            first.close();
            try (Region second = Region.allocate(4096, false)) {
                reused = address == second.address();
                first.close();
                Words.set(second.address(), 1);
                assertEquals(1, Words.get(second.address()));
            }
        }
        assertTrue(reused, "no address was given out twice, so nothing was shown");
    }

    @Test
    void shouldBeClosedOnceByManyAtOnce() throws Exception {
        int threads = 4;
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            for (int round = 0; round < 200; round++) {
                Region region = Region.allocate(4096, false);
                CyclicBarrier start = new CyclicBarrier(threads);
                List<Future<?>> closing = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    closing.add(executor.submit(() -> {
                        start.await(30, TimeUnit.SECONDS);
                        region.close();
                        return null;
                    }));
                }
                for (Future<?> future : closing) {
                    future.get(60, TimeUnit.SECONDS);
                }
                assertThrows(IllegalStateException.class, region::address);
            }
        }
    }

    @Test
    void shouldTellWhetherTheKernelWasAskedForHugePages() throws IOException {
        assumeTrue(LinuxCall.areThere());
        for (long size : new long[] {4096, HugePages.SIZE_BYTES, 16 * HugePages.SIZE_BYTES}) {
            for (boolean asked : new boolean[] {false, true}) {
                try (Region region = Region.allocate(size, asked)) {
                    boolean advised = List.of(mapping(region.address()).get("VmFlags:").split(" ")).contains("hg");
                    assertEquals(advised, region.hasHugePages(), size + " bytes, asked " + asked);
                    assertEquals(asked && size >= HugePages.SIZE_BYTES && HugePages.isEnabled(), region.hasHugePages());
                }
            }
        }
    }
}
