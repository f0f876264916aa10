package io.tideline.hlog.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What results of the kernel mean to a caller that reads by itself, and that whatever happens it hears of it. */
class CallerReadTest {
    private static final int EINTR = -4;
    private static final int EAGAIN = -11;
    private static final int EIO = -5;

    private final List<String> asked = new ArrayList<>();

    /** A file of so long units whose reads give these results, one after the other. */
    private CountedFile file(int unitBytes, int... results) {
        Iterator<Integer> next = Arrays.stream(results).iterator();
        return file(unitBytes, (offset, address, lengthBytes) -> {
            asked.add(offset + " " + address + " " + lengthBytes);
            return next.next();
        });
    }

    private static CountedFile file(int unitBytes, CallerRead.Source source) {
        return file(Path.of("file"), unitBytes, source);
    }

    private static CountedFile file(Path path, int unitBytes, CallerRead.Source source) {
        return new CountedFile(path, ConcurrentHashMap.newKeySet(), source, unitBytes) {
            @Override
            void take(IoRequest request) {
                throw new AssertionError("a thread of the device was asked");
            }

            @Override
            void release() {
            }

            @Override
            public long sizeBytes() {
                throw new AssertionError();
            }

            @Override
            public void truncate(long sizeBytes) {
                throw new AssertionError();
            }
        };
    }

    private static StoreFault read(CountedFile file) {
        Transfer transfer = new Transfer();
        file.readHere(transfer, 4096, 1 << 20, 8192);
        assertEquals(1, transfer.completions());
        return transfer.outcome();
    }

    @Test
    void shouldGoOnBehindWhatCameInPart() {
        assertNull(read(file(4096, 4096, 4096)));
        assertEquals(List.of("4096 1048576 8192", "8192 1052672 4096"), asked);
    }

    @Test
    void shouldAskAgainWhereTheKernelWantsThat() {
        assertNull(read(file(1, EINTR, 100, EAGAIN, 8092)));
        assertEquals(List.of("4096 1048576 8192", "4096 1048576 8192", "4196 1048676 8092", "4196 1048676 8092"), asked);
        StoreFault fault = read(file(1, IntStream.generate(() -> EAGAIN).limit(100).toArray()));
        assertTrue(fault.getMessage().contains("Resource temporarily unavailable"), fault.getMessage());
    }

    @Test
    void shouldTellWhereTheFileEnds() {
        for (int[] results : new int[][] {{0}, {4096, 0}, {100}, {4096, 100}}) {
            StoreFault fault = read(file(4096, results));
            assertInstanceOf(IoFault.class, fault);
            assertTrue(fault.getMessage().endsWith("the file ends at " + (4096 + Arrays.stream(results).sum())), fault.getMessage());
        }
    }

    @Test
    void shouldTellAnError() {
        StoreFault fault = read(file(1, 4096, EIO));
        assertTrue(fault.getMessage().contains("8192 bytes at offset 4096 of file") && fault.getMessage().contains("Input/output error"), fault.getMessage());
    }

    /** A request that is never completed would be refused for ever after. */
    @Test
    void shouldCompleteARequestWhoseReadThrows() {
        StackOverflowError thrown = new StackOverflowError();
        CountedFile file = file(1, (_, _, _) -> {
            throw thrown;
        });
        Transfer transfer = new Transfer();
        for (int i = 1; i <= 2; i++) {
            file.readHere(transfer, 0, 1 << 20, 8192);
            assertEquals(thrown, transfer.assertFails(IoFault.class).getCause());
            assertEquals(i, transfer.completions());
        }
        file.close(); // nothing of it is under way
    }

    /** It is told once, and nothing is thrown to a caller that would tell it again. */
    @Test
    void shouldCompleteARequestThatNobodyCanSayAnythingOf() {
        Path unspeakable = (Path) Proxy.newProxyInstance(Path.class.getClassLoader(), new Class<?>[] {Path.class}, (_, _, _) -> {
            throw new OutOfMemoryError("as where not even a text can be made");
        });
        CountedFile file = file(unspeakable, 1, (_, _, _) -> {
            throw new StackOverflowError();
        });
        Transfer transfer = new Transfer();
        for (int i = 1; i <= 2; i++) {
            file.readHere(transfer, 0, 1 << 20, 8192);
            assertEquals(i, transfer.completions());
            assertEquals("a read failed, and there was no memory left to say how", transfer.outcome().getMessage());
        }
    }
}
