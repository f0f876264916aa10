package io.tideline.hlog.format;

import io.tideline.fault.IoFault;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.device.DeviceFile;
import io.tideline.hlog.device.IoRequest;
import java.util.ArrayList;
import java.util.List;

/** A device that notes each step in front of another one, fails a chosen step, and may ask for whole blocks. */
final class RecordingDevice implements Device {
    private final Device behind;
    private final int alignmentBytes;
    final List<String> steps = new ArrayList<>();
    /** The step that fails instead of being done, or null. */
    String failing;

    RecordingDevice(Device behind, int alignmentBytes) {
        this.behind = behind;
        this.alignmentBytes = alignmentBytes;
    }

    private void step(String step) {
        steps.add(step);
        if (step.equals(failing)) {
            throw new IoFault("as told: " + step);
        }
    }

    @Override
    public DeviceFile create(String name) {
        step("create " + name);
        return new RecordingFile(behind.create(name), name);
    }

    @Override
    public DeviceFile open(String name) {
        return new RecordingFile(behind.open(name), name);
    }

    @Override
    public boolean exists(String name) {
        return behind.exists(name);
    }

    @Override
    public List<String> list() {
        return behind.list();
    }

    @Override
    public void rename(String from, String to) {
        step("rename " + from + " " + to);
        behind.rename(from, to);
    }

    @Override
    public void delete(String name) {
        step("delete " + name);
        behind.delete(name);
    }

    @Override
    public void syncDirectory() {
        step("sync directory");
        behind.syncDirectory();
    }

    @Override
    public int alignmentBytes() {
        return alignmentBytes;
    }

    @Override
    public String model() {
        return "recording";
    }

    @Override
    public void close() {
        behind.close();
    }

    private final class RecordingFile implements DeviceFile {
        private final DeviceFile file;
        private final String name;

        RecordingFile(DeviceFile file, String name) {
            this.file = file;
            this.name = name;
        }

        private void aligned(long offset, long address, int lengthBytes) {
            if ((offset | address | lengthBytes) % alignmentBytes != 0) {
                throw new IllegalArgumentException(lengthBytes + " bytes at " + offset + " are not aligned to " + alignmentBytes);
            }
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
            aligned(offset, address, lengthBytes);
            file.read(request, offset, address, lengthBytes);
        }

        @Override
        public void write(IoRequest request, long offset, long address, int lengthBytes) {
            aligned(offset, address, lengthBytes);
            step("write " + name + " " + offset + " " + lengthBytes);
            file.write(request, offset, address, lengthBytes);
        }

        @Override
        public void sync(IoRequest request) {
            step("sync " + name);
            file.sync(request);
        }

        @Override
        public void truncate(long sizeBytes) {
            file.truncate(sizeBytes);
        }

        @Override
        public void close() {
            step("close " + name);
            file.close();
        }
    }
}
