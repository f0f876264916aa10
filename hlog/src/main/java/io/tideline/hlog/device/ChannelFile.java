package io.tideline.hlog.device;

import io.tideline.memory.NativeBuffer;
import io.tideline.memory.NativeFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Set;

/** A file behind a {@link FileChannel}, whose transfers are carried out by {@link IoThreads}, but for those of callers that can read by themselves. */
class ChannelFile extends CountedFile {
    private final FileChannel channel;
    /** Null where callers cannot read by themselves. */
    private final NativeFile reader;
    private final IoThreads threads;

    /**
     * @param reader another descriptor of the same file, which is closed with this; null for none
     * @param unitBytes of what its transfers are multiples
     * @param open the open files of the device, thread-safe, to which this one belongs until it is closed
     */
    ChannelFile(Path path, FileChannel channel, NativeFile reader, int unitBytes, IoThreads threads, Set<CountedFile> open) {
        super(path, open, reader == null ? null : reader::read, unitBytes);
        this.channel = channel;
        this.reader = reader;
        this.threads = threads;
    }

    @Override
    void take(IoRequest request) {
        threads.accept(request);
    }

    @Override
    public long sizeBytes() {
        try {
            return OwnThread.run(channel::size);
        } catch (IOException failed) {
            throw IoThreads.fault("cannot tell the size of " + path, failed);
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
    void release() throws IOException {
        try (NativeFile _ = reader) {
            channel.close();
        }
    }
}
