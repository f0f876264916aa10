package io.tideline.hlog.device;

import io.tideline.memory.IoUring;
import java.nio.file.Path;

/** The contract kept by io_uring on files that go through the page cache, where the kernel hands much of the work to threads of its own. */
class UringBufferedDeviceTest extends DirectoryDeviceSpec {
    @Override
    Device over(Path path) {
        try {
            return new UringDevice(path, false, 100_000);
        } catch (IoUring.Refusal refused) {
            System.out.println("not tested here: " + refused.getMessage());
            return new FileDevice(path, 3);
        }
    }
}
