package io.tideline.hlog.device;

import io.tideline.memory.CloseOnExec;
import io.tideline.memory.NativeFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The files of a directory that somebody only looks at. They are opened for reading alone, so a file system that is mounted read-only, or
 * permission to read and no more, is enough. Whoever wants to change something here is mistaken.
 */
public final class ReadOnlyDevice extends FileDevice {
    /**
     * @param directory is there already
     * @param threads how many transfers may be under way at once
     */
    public ReadOnlyDevice(Path directory, int threads) {
        super(directory, threads);
    }

    @Override
    FileChannel channel(Path path, boolean fresh) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        CloseOnExec.mark(path);
        return channel;
    }

    /** None: theirs is open for writing too. */
    @Override
    NativeFile reader(Path path, boolean direct) {
        return null;
    }

    @Override
    public DeviceFile create(String name) {
        throw refusal("create " + name);
    }

    @Override
    public void rename(String from, String to) {
        throw refusal("rename " + from + " to " + to);
    }

    @Override
    public void delete(String name) {
        throw refusal("delete " + name);
    }

    @Override
    public void syncDirectory() {
        throw refusal("sync the directory");
    }

    private static UnsupportedOperationException refusal(String what) {
        return new UnsupportedOperationException("a device that only reads cannot " + what);
    }
}
