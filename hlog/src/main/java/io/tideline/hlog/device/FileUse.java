package io.tideline.hlog.device;

import io.tideline.fault.StoreFault;
import java.util.function.Function;

/** One file, made or opened for one use and closed behind it; but not where the device hangs, because closing would wait for that. */
public final class FileUse {
    private FileUse() {
    }

    /**
     * Makes a file; it is removed again if {@code use} fails.
     *
     * @param use whose transfers are waited for with {@link BlockingIo}, or fail as those do
     */
    public static <T> T ofNew(Device device, String name, Function<DeviceFile, T> use) {
        return closing(device.create(name), file -> {
            try {
                return use.apply(file);
            } catch (Throwable failed) {
                remove(device, name, failed);
                throw failed;
            }
        });
    }

    /** Opens a file. */
    public static <T> T of(Device device, String name, Function<DeviceFile, T> use) {
        return closing(device.open(name), use);
    }

    private static <T> T closing(DeviceFile file, Function<DeviceFile, T> use) {
        boolean hangs = false;
        try {
            return use.apply(file);
        } catch (Throwable failed) {
            hangs = failed instanceof StoreFault fault && BlockingIo.isTimeout(fault);
            throw failed;
        } finally {
            if (!hangs) {
                file.close();
            }
        }
    }

    private static void remove(Device device, String name, Throwable failed) {
        try {
            device.delete(name);
        } catch (RuntimeException left) {
            failed.addSuppressed(left);
        }
    }

    /** @throws IllegalArgumentException if the device transfers multiples of something that does not divide {@code blockBytes} */
    public static void requireAlignment(Device device, int blockBytes) {
        if (blockBytes % device.alignmentBytes() != 0) {
            throw new IllegalArgumentException("a device that transfers multiples of " + device.alignmentBytes() + " bytes; they must divide " + blockBytes);
        }
    }
}
