package io.tideline.core;

import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.IoRequest;
import java.util.List;

/** A device that lets a test act where a read is asked for, on the thread that asks, which is outside the epoch then. */
final class HookedDevice implements Device {
    private final Device device;
    private volatile Runnable beforeRead;

    HookedDevice(Device device) {
        this.device = device;
    }

    /** Runs an action before the next read, once. */
    void beforeNextRead(Runnable action) {
        beforeRead = action;
    }

    private void reading() {
        Runnable action = beforeRead;
        if (action != null) {
            beforeRead = null;
            action.run();
        }
    }

    private final class HookedFile implements DeviceFile {
        private final DeviceFile file;

        HookedFile(DeviceFile file) {
            this.file = file;
        }

        @Override
        public String path() {
            return file.path();
        }

        @Override
        public long sizeBytes() {
            return file.sizeBytes();
        }

        @Override
        public void read(IoRequest request, long offset, long address, int lengthBytes) {
            reading();
            file.read(request, offset, address, lengthBytes);
        }

        @Override
        public void write(IoRequest request, long offset, long address, int lengthBytes) {
            file.write(request, offset, address, lengthBytes);
        }

        @Override
        public void sync(IoRequest request) {
            file.sync(request);
        }

        @Override
        public void truncate(long sizeBytes) {
            file.truncate(sizeBytes);
        }

        @Override
        public void close() {
            file.close();
        }
    }

    @Override
    public DeviceFile create(String name) {
        return new HookedFile(device.create(name));
    }

    @Override
    public DeviceFile open(String name) {
        return new HookedFile(device.open(name));
    }

    @Override
    public boolean exists(String name) {
        return device.exists(name);
    }

    @Override
    public List<String> list() {
        return device.list();
    }

    @Override
    public void rename(String from, String to) {
        device.rename(from, to);
    }

    @Override
    public void delete(String name) {
        device.delete(name);
    }

    @Override
    public void syncDirectory() {
        device.syncDirectory();
    }

    @Override
    public int alignmentBytes() {
        return device.alignmentBytes();
    }

    @Override
    public String model() {
        return device.model();
    }

    @Override
    public void close() {
        device.close();
    }
}
