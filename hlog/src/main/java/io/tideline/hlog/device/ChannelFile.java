package io.tideline.hlog.device;

import io.tideline.memory.NativeBuffer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A file behind a {@link FileChannel}, whose transfers are carried out by {@link IoThreads}. */
final class ChannelFile implements DeviceFile {
    private final Path path;
    private final FileChannel channel;
    private final IoThreads threads;

    ChannelFile(Path path, FileChannel channel, IoThreads threads) {
        this.path = path;
        this.channel = channel;
        this.threads = threads;
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
        threads.accept(request);
    }

    @Override
    public void write(IoRequest request, long offset, long address, int lengthBytes) {
        request.submitted(IoRequest.Kind.WRITE, this, offset, address, lengthBytes);
        threads.accept(request);
    }

    @Override
    public void sync(IoRequest request) {
        request.submitted(IoRequest.Kind.SYNC, this, 0, 0, 0);
        threads.accept(request);
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
            OwnThread.run(() -> channel.truncate(sizeBytes));
        } catch (IOException failed) {
            throw IoThreads.fault("cannot truncate " + path + " to " + sizeBytes + " bytes", failed);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException failed) {
            throw IoThreads.fault("cannot close " + path, failed);
        }
    }
}
