package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes every write and forgets it: what is left of a store's speed when the disk costs nothing. For measurements alone. It keeps names and
 * lengths as a {@link Device} does, and no byte: every read ends in an {@link IoFault}, nothing survives anything, and there is no directory
 * behind it. Requests are completed on the calling thread.
 */
public final class NullDevice implements Device {
    private final ConcurrentNavigableMap<String, NullFile> files = new ConcurrentSkipListMap<>();
    private volatile boolean closed;

    /** A file of which the length alone is known; all its handles are this one, so it is never closed. */
    private final class NullFile implements DeviceFile {
        private final String path;
        private final AtomicLong sizeBytes = new AtomicLong();

        private NullFile(String path) {
            this.path = path;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public long sizeBytes() {
            return sizeBytes.get();
        }

        @Override
        public void read(IoRequest request, long offset, long address, int lengthBytes) {
            long ticket = request.submitted(IoRequest.Kind.READ, this, offset, address, lengthBytes);
            request.complete(ticket, new IoFault(request + " failed: a null device keeps nothing"));
        }

        @Override
        public void write(IoRequest request, long offset, long address, int lengthBytes) {
            long ticket = request.submitted(IoRequest.Kind.WRITE, this, offset, address, lengthBytes);
            sizeBytes.accumulateAndGet(closed ? 0 : offset + lengthBytes, Math::max);
            request.complete(ticket, refusal(request));
        }

        @Override
        public void sync(IoRequest request) {
            request.complete(request.submitted(IoRequest.Kind.SYNC, this, 0, 0, 0), refusal(request));
        }

        private IoFault refusal(IoRequest request) {
            return closed ? new IoFault("the device is closed: " + request) : null;
        }

        @Override
        public void truncate(long newSizeBytes) {
            long present = sizeBytes.get();
            if (newSizeBytes < 0 || newSizeBytes > present) {
                throw new IllegalArgumentException("cannot cut " + path + " of " + present + " bytes off behind " + newSizeBytes);
            }
            sizeBytes.set(newSizeBytes);
        }

        @Override
        public void close() {
            // other handles go on, and there is nothing to give back
        }
    }

    @Override
    public DeviceFile create(String name) {
        NullFile file = new NullFile(DirectoryDevice.requireName(name));
        if (files.putIfAbsent(name, file) != null) {
            throw new IoFault(name + " is there already and is not overwritten");
        }
        return file;
    }

    @Override
    public DeviceFile open(String name) {
        return present(name, files.get(DirectoryDevice.requireName(name)));
    }

    private static NullFile present(String name, NullFile file) {
        if (file == null) {
            throw new IoFault("there is no file " + name);
        }
        return file;
    }

    @Override
    public boolean exists(String name) {
        return files.containsKey(DirectoryDevice.requireName(name));
    }

    @Override
    public List<String> list() {
        return new ArrayList<>(files.keySet());
    }

    @Override
    public void rename(String from, String to) {
        DirectoryDevice.requireName(to);
        files.put(to, present(from, files.remove(DirectoryDevice.requireName(from))));
    }

    @Override
    public void delete(String name) {
        present(name, files.remove(DirectoryDevice.requireName(name)));
    }

    @Override
    public void syncDirectory() {
        // nothing survives
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public String model() {
        return "null";
    }

    @Override
    public void close() {
        closed = true;
    }
}
