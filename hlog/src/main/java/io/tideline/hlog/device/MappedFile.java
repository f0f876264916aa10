package io.tideline.hlog.device;

import io.tideline.memory.NativeBuffer;
import io.tideline.memory.ReadAhead;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A file that is read through a mapping once it has its full length, and through its channel before that, or where no more may be mapped.
 *
 * <p>The mapping is read under a shared lock and given back under an exclusive one, so no thread reads what is no longer mapped.
 */
final class MappedFile extends ChannelFile {
    private final FileChannel channel;
    private final long fullBytes;
    private final AtomicLong room;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    /** Null while the file is not mapped; guarded by the lock. */
    private Arena arena;
    private MemorySegment mapped;

    /** @param room bytes that the device may still map */
    MappedFile(Path path, FileChannel channel, IoThreads threads, Set<CountedFile> open, long fullBytes, AtomicLong room) {
        super(path, channel, null, 1, threads, open);
        this.channel = channel;
        this.fullBytes = fullBytes;
        this.room = room;
    }

    @Override
    void carryOut(IoRequest request) throws IOException {
        if (request.kind() != IoRequest.Kind.READ || !copyOut(request)) {
            super.carryOut(request);
        }
    }

    /** An InternalError is how the JVM tells that the kernel could not bring a page: at a safepoint behind the copy, wherever the thread is by then. */
    @Override
    String reason(Throwable unexpected) {
        return unexpected instanceof InternalError ? "the disk could not read it, or somebody cut the file off" : super.reason(unexpected);
    }

    /** False if the file is not mapped, or does not hold all that is asked for. */
    private boolean copyOut(IoRequest request) throws IOException {
        long end = request.offset() + request.lengthBytes();
        if (request.offset() < 0 || end > fullBytes || !isMapped()) {
            return false;
        }
        lock.readLock().lock();
        try {
            if (mapped == null) {
                return false; // given back meanwhile
            }
            MemorySegment target = MemorySegment.ofBuffer(NativeBuffer.of(request.address(), request.lengthBytes()));
            MemorySegment.copy(mapped, request.offset(), target, 0, request.lengthBytes());
            comeToASafepoint();
            return true;
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * A native call, at whose return the JVM throws what it has to tell of the copy. Compiled code alone may come to its next safepoint when the request is
     * completed already.
     */
    private void comeToASafepoint() {
        Thread.holdsLock(this);
    }

    /** Whether the file is mapped, after an attempt to map it if it has its full length by now. */
    private boolean isMapped() throws IOException {
        lock.readLock().lock();
        try {
            if (mapped != null) {
                return true;
            }
        } finally {
            lock.readLock().unlock();
        }
        if (channel.size() != fullBytes) {
            return false;
        }
        lock.writeLock().lock();
        try {
            return mapped != null || map();
        } finally {
            lock.writeLock().unlock();
        }
    }

    private boolean map() throws IOException {
        if (room.addAndGet(-fullBytes) < 0) {
            room.addAndGet(fullBytes);
            return false;
        }
        Arena opened = Arena.ofShared();
        boolean done = false;
        try {
            MemorySegment whole = channel.map(MapMode.READ_ONLY, 0, fullBytes, opened);
            ReadAhead.off(whole);
            arena = opened;
            mapped = whole;
            done = true;
            return true;
        } finally {
            if (!done) {
                opened.close();
                room.addAndGet(fullBytes);
            }
        }
    }

    private void unmap() {
        lock.writeLock().lock();
        try {
            if (mapped != null) {
                mapped = null;
                arena.close();
                room.addAndGet(fullBytes);
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    @Override
    public void truncate(long sizeBytes) {
        unmap();
        super.truncate(sizeBytes);
    }

    @Override
    void release() throws IOException {
        unmap();
        super.release();
    }
}
