package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.memory.NativeBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Set;

/** A file behind a {@link FileChannel}, whose transfers are carried out by {@link IoThreads}. */
final class ChannelFile implements DeviceFile {
    private final Path path;
    private final FileChannel channel;
    private final IoThreads threads;
    private final Set<ChannelFile> open;
    /** How many requests were submitted and did not end; guarded by this. */
    private int underWay;
    /** Guarded by this. */
    private boolean closed;

    /** @param open the open files of the device, thread-safe, to which this one belongs until it is closed */
    ChannelFile(Path path, FileChannel channel, IoThreads threads, Set<ChannelFile> open) {
        this.path = path;
        this.channel = channel;
        this.threads = threads;
        this.open = open;
        open.add(this);
    }

    @Override
    public String path() {
        return path.toString();
    }

    @Override
    public long sizeBytes() {
        try {
            return OwnThread.run(channel::size);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot tell the size of " + path, failed);
        }
    }

    @Override
    public void read(IoRequest request, long offset, long address, int lengthBytes) {
        request.submitted(IoRequest.Kind.READ, this, offset, address, lengthBytes);
        accept(request);
    }

    @Override
    public void write(IoRequest request, long offset, long address, int lengthBytes) {
        request.submitted(IoRequest.Kind.WRITE, this, offset, address, lengthBytes);
        accept(request);
    }

    @Override
    public void sync(IoRequest request) {
        request.submitted(IoRequest.Kind.SYNC, this, 0, 0, 0);
        accept(request);
    }

    private void accept(IoRequest request) {
        boolean refused;
        synchronized (this) {
            refused = closed;
            underWay += refused ? 0 : 1;
        }
        if (refused) {
            request.complete(request.ticket(), new IoFault("the file is closed: " + request));
        } else {
            threads.accept(request);
        }
    }

    /** Called once for each request that went to the threads, before its completion. */
    synchronized void ended() {
        if (--underWay == 0) {
            notifyAll();
        }
    }

    /** Does what the request says, on a thread of the device. */
    void carryOut(IoRequest request) throws IOException {
        switch (request.kind()) {
            case READ -> read(NativeBuffer.of(request.address(), request.lengthBytes()), request);
            case WRITE -> write(NativeBuffer.of(request.address(), request.lengthBytes()), request.offset());
            case SYNC -> channel.force(true);
        }
    }

    private void read(ByteBuffer target, IoRequest request) throws IOException {
        for (long at = request.offset(); target.hasRemaining(); ) {
            int count = channel.read(target, at);
            if (count < 0) {
                throw new EOFException("the file ends at " + channel.size());
            }
            at += count;
        }
    }

    private void write(ByteBuffer source, long offset) throws IOException {
        for (long at = offset; source.hasRemaining(); ) {
            at += channel.write(source, at);
        }
    }

    @Override
    public void truncate(long sizeBytes) {
        try {
            OwnThread.run(() -> truncateChannel(sizeBytes));
        } catch (IOException failed) {
            throw IoThreads.fault("cannot truncate " + path + " to " + sizeBytes + " bytes", failed);
        }
    }

    private FileChannel truncateChannel(long sizeBytes) throws IOException {
        if (sizeBytes < 0 || sizeBytes > channel.size()) {
            throw new IllegalArgumentException("cannot cut " + path + " of " + channel.size() + " bytes off behind " + sizeBytes);
        }
        return channel.truncate(sizeBytes);
    }

    @Override
    public void close() {
        awaitRequests();
        open.remove(this);
        try {
            channel.close();
        } catch (IOException failed) {
            throw IoThreads.fault("cannot close " + path, failed);
        }
    }

    private synchronized void awaitRequests() {
        closed = true;
        boolean interrupted = false;
        while (underWay > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
