package io.tideline.hlog.device;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Files through the page cache, of which those of full length are read through read-only mappings, without a call into the kernel where the
 * page cache has what is asked for. What has another length, and all writing, goes the way of a {@link FileDevice}.
 *
 * <p>Bytes are copied out of a mapping at once, so nobody outside holds an address in it, and an error of the disk, which the JVM tells as an
 * {@link InternalError}, ends in an {@link io.tideline.fault.IoFault} like any other. The kernel does not read ahead. At most
 * {@link #MAX_MAPPED_BYTES} are mapped at once, each file as long as it is open; what finds no room is read through its channel.
 */
public class MappedDevice extends FileDevice {
    /** A process can address 128 TiB on most machines, of which each store leaves enough for others. */
    static final long MAX_MAPPED_BYTES = 1L << 40;

    private final long fullBytes;
    private final AtomicLong room;

    /**
     * @param directory is there already
     * @param threads how many transfers may be under way at once
     * @param fullBytes the length of a file that nobody makes longer any more
     */
    public MappedDevice(Path directory, int threads, long fullBytes) {
        this(directory, threads, fullBytes, MAX_MAPPED_BYTES);
    }

    MappedDevice(Path directory, int threads, long fullBytes, long maxMappedBytes) {
        super(directory, threads);
        if (fullBytes < 1) {
            throw new IllegalArgumentException("files of " + fullBytes + " bytes to be mapped; it takes at least 1");
        }
        this.fullBytes = fullBytes;
        this.room = new AtomicLong(maxMappedBytes);
    }

    @Override
    DeviceFile openFile(Path path, boolean fresh) throws IOException {
        return new MappedFile(path, channel(path, fresh), threads, openFiles, fullBytes, room);
    }

    @Override
    int descriptorsPerFile() {
        return 1;
    }

    /** Bytes that may still be mapped. */
    long roomBytes() {
        return room.get();
    }

    @Override
    public String model() {
        return "mapped";
    }
}
