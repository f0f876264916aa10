package io.tideline.hlog.device;

/**
 * An open file of a {@link Device}, whose contract it keeps. Transfers go between the file and off-heap memory that the caller leaves alone
 * until the request is completed. {@link #read}, {@link #write} and {@link #sync} do not block; the others may.
 */
public interface DeviceFile extends AutoCloseable {
    /** Where the file is, for people. */
    String path();

    /** Bytes from the first to the end of the last that was ever written. */
    long sizeBytes();

    /** Begins to fill {@code lengthBytes} of memory at {@code address} from {@code offset} on. */
    void read(IoRequest request, long offset, long address, int lengthBytes);

    /**
     * The same for a caller that has nothing else to do: where the device can, the calling thread reads by itself and blocks, which spares the way to another
     * thread and back, and the request is completed on it before this returns. Elsewhere it is {@link #read}.
     */
    default void readHere(IoRequest request, long offset, long address, int lengthBytes) {
        read(request, offset, address, lengthBytes);
    }

    /** Begins to write {@code lengthBytes} of memory at {@code address} to {@code offset}; the file grows as needed. */
    void write(IoRequest request, long offset, long address, int lengthBytes);

    /** Begins to make everything written so far survive a crash of the machine. */
    void sync(IoRequest request);

    /** Cuts the file off behind {@code sizeBytes}, which is at most its size. No request is under way. */
    void truncate(long sizeBytes);

    /** Gives the file back once no request of it is under way; idempotent. */
    @Override
    void close();
}
