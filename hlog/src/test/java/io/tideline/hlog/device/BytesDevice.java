package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.memory.Words;
import java.util.List;
import java.util.Objects;

/**
 * A device with one file, whatever it is asked for: the bytes that a test gave it last. Who reads does so on its own thread, at once, and this takes next
 * to no memory of its own, so that every bit and every length of a file can be tried, and what that takes be measured. It writes nothing.
 */
public final class BytesDevice implements Device {
    private final String path;
    private byte[] bytes = {};
    private int sizeBytes;

    /** @param path how the file is called in faults */
    public BytesDevice(String path) {
        this.path = path;
    }

    /** From now on the file is the first {@code newSizeBytes} of {@code newBytes}; what changes there changes in the file. */
    public BytesDevice holding(byte[] newBytes, int newSizeBytes) {
        Objects.checkFromIndexSize(0, newSizeBytes, newBytes.length);
        bytes = newBytes;
        sizeBytes = newSizeBytes;
        return this;
    }

    @Override
    public DeviceFile open(String name) {
        return new BytesFile();
    }

    @Override
    public boolean exists(String name) {
        return true;
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public String model() {
        return "bytes";
    }

    @Override
    public void close() {
        bytes = new byte[0];
        sizeBytes = 0;
    }

    private static UnsupportedOperationException readOnly() {
        return new UnsupportedOperationException("bytes of a test are only read");
    }

    @Override
    public DeviceFile create(String name) {
        throw readOnly();
    }

    @Override
    public List<String> list() {
        throw readOnly();
    }

    @Override
    public void rename(String from, String to) {
        throw readOnly();
    }

    @Override
    public void delete(String name) {
        throw readOnly();
    }

    @Override
    public void syncDirectory() {
        throw readOnly();
    }

    private final class BytesFile implements DeviceFile {
        @Override
        public String path() {
            return path;
        }

        @Override
        public long sizeBytes() {
            return sizeBytes;
        }

        @Override
        public void read(IoRequest request, long offset, long address, int lengthBytes) {
            long ticket = request.submitted(IoRequest.Kind.READ, this, offset, address, lengthBytes);
            if (offset < 0 || lengthBytes < 0 || lengthBytes > sizeBytes - offset) {
                request.complete(ticket, new IoFault("a " + request + ", which has " + sizeBytes));
                return;
            }
            Words.copyIn(bytes, (int) offset, lengthBytes, address);
            request.complete(ticket, null);
        }

        @Override
        public void write(IoRequest request, long offset, long address, int lengthBytes) {
            throw readOnly();
        }

        @Override
        public void sync(IoRequest request) {
            throw readOnly();
        }

        @Override
        public void truncate(long newSizeBytes) {
            throw readOnly();
        }

        @Override
        public void close() {
            // there is nothing to give back
        }
    }
}
