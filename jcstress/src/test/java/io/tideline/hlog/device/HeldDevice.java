package io.tideline.hlog.device;

import io.tideline.fault.IoFault;
import io.tideline.fault.StoreFault;
import io.tideline.memory.NativeBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;

/**
 * A disk in memory, for races. A request is done where it is submitted, unless somebody holds it: then whoever is to race completes it, on
 * their own thread and with no lock on the way, so that the order that others see is the one the store makes and not one of this disk.
 */
public final class HeldDevice implements Device {
    private static final int FIRST_BYTES = 4096;

    private final ConcurrentNavigableMap<String, HeldFile> files = new ConcurrentSkipListMap<>();
    private final Predicate<IoRequest> holds;
    private volatile boolean failsSyncs;

    /** @param holds told each request, on the submitting thread; whether it holds it, and so sees to it that it is completed */
    public HeldDevice(Predicate<IoRequest> holds) {
        this.holds = holds;
    }

    public static boolean isRead(IoRequest request) {
        return request.kind() == IoRequest.Kind.READ;
    }

    /** Ends a request that is held, and moves no byte. */
    public static void complete(IoRequest request, StoreFault faultOrNull) {
        request.complete(request.ticket(), faultOrNull);
    }

    /** Does what a held request asks for, and ends it. */
    public static void carryOut(IoRequest request) {
        complete(request, ((HeldFile) request.file()).move(request));
    }

    /** From here on no sync succeeds. */
    public void failSyncs() {
        failsSyncs = true;
    }

    private final class HeldFile implements DeviceFile {
        private final String path;
        private byte[] bytes = new byte[FIRST_BYTES];
        private int sizeBytes;

        private HeldFile(String path) {
            this.path = path;
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public synchronized long sizeBytes() {
            return sizeBytes;
        }

        @Override
        public void read(IoRequest request, long offset, long address, int lengthBytes) {
            submit(request, IoRequest.Kind.READ, offset, address, lengthBytes);
        }

        @Override
        public void write(IoRequest request, long offset, long address, int lengthBytes) {
            submit(request, IoRequest.Kind.WRITE, offset, address, lengthBytes);
        }

        @Override
        public void sync(IoRequest request) {
            submit(request, IoRequest.Kind.SYNC, 0, 0, 0);
        }

        private void submit(IoRequest request, IoRequest.Kind kind, long offset, long address, int lengthBytes) {
            long ticket = request.submitted(kind, this, offset, address, lengthBytes);
            if (!holds.test(request)) {
                request.complete(ticket, move(request));
            }
        }

        private synchronized StoreFault move(IoRequest request) {
            int from = Math.toIntExact(request.offset());
            int to = from + request.lengthBytes();
            switch (request.kind()) {
                case READ -> {
                    if (to > sizeBytes) {
                        return new IoFault(request + " failed: it has " + sizeBytes + " bytes");
                    }
                    NativeBuffer.of(request.address(), request.lengthBytes()).put(bytes, from, request.lengthBytes());
                }
                case WRITE -> {
                    if (to > bytes.length) {
                        bytes = Arrays.copyOf(bytes, Integer.highestOneBit(to) * 2);
                    }
                    NativeBuffer.of(request.address(), request.lengthBytes()).get(bytes, from, request.lengthBytes());
                    sizeBytes = Math.max(sizeBytes, to);
                }
                case SYNC -> {
                    return failsSyncs ? new IoFault(request + " failed, as it was told to") : null;
                }
            }
            return null;
        }

        @Override
        public synchronized void truncate(long newSizeBytes) {
            sizeBytes = Math.toIntExact(newSizeBytes);
        }

        @Override
        public void close() {
            // all handles are this one
        }
    }

    @Override
    public DeviceFile create(String name) {
        HeldFile file = new HeldFile(name);
        if (files.putIfAbsent(name, file) != null) {
            throw new IoFault(name + " is there already and is not overwritten");
        }
        return file;
    }

    @Override
    public DeviceFile open(String name) {
        return present(name, files.get(name));
    }

    private static HeldFile present(String name, HeldFile file) {
        if (file == null) {
            throw new IoFault("there is no file " + name);
        }
        return file;
    }

    @Override
    public boolean exists(String name) {
        return files.containsKey(name);
    }

    @Override
    public List<String> list() {
        return List.copyOf(files.keySet());
    }

    @Override
    public void rename(String from, String to) {
        files.put(to, present(from, files.remove(from)));
    }

    @Override
    public void delete(String name) {
        present(name, files.remove(name));
    }

    @Override
    public void syncDirectory() {
        if (failsSyncs) {
            throw new IoFault("a sync of the directory failed, as it was told to");
        }
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public String model() {
        return "held";
    }

    @Override
    public void close() {
        // whoever holds a request completes it
    }
}
