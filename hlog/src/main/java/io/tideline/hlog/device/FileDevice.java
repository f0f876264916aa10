package io.tideline.hlog.device;

import io.tideline.memory.CloseOnExec;
import io.tideline.memory.NativeFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Files through the page cache of the operating system, read and written by {@link IoThreads}, and read by callers that wait. */
public class FileDevice extends DirectoryDevice {
    final IoThreads threads;
    final Set<CountedFile> openFiles = ConcurrentHashMap.newKeySet();

    /**
     * @param directory is there already
     * @param threads how many transfers may be under way at once
     */
    public FileDevice(Path directory, int threads) {
        super(directory);
        this.threads = new IoThreads(threads, "tideline-io " + directory);
    }

    /** The channel of a file that is to be opened, or made for its owner alone. */
    FileChannel channel(Path path, boolean fresh) throws IOException {
        return channel(path, fresh, Set.of());
    }

    /** The same with options beyond read and write. */
    static FileChannel channel(Path path, boolean fresh, Set<OpenOption> extraOptions) throws IOException {
        Set<OpenOption> options = new HashSet<>(extraOptions);
        options.addAll(List.of(StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS));
        if (fresh) {
            options.add(StandardOpenOption.CREATE_NEW);
        }
        FileChannel channel = FileChannel.open(path, options, fresh ? OWNER_ONLY_FILE : new FileAttribute<?>[0]);
        CloseOnExec.mark(path);
        return channel;
    }

    @Override
    DeviceFile openFile(Path path, boolean fresh) throws IOException {
        return file(path, channel(path, fresh), false);
    }

    /** @param direct whether the channel passes the page cache by */
    final DeviceFile file(Path path, FileChannel channel, boolean direct) throws IOException {
        try {
            return new ChannelFile(path, channel, reader(path, direct), alignmentBytes(), threads, openFiles);
        } catch (Throwable failed) {
            channel.close();
            throw failed;
        }
    }

    /**
     * A second way into the file, for callers that read by themselves: an interrupt of one of them would close the channel. By name, because
     * nobody gives a file another name while somebody opens it.
     */
    NativeFile reader(Path path, boolean direct) {
        try {
            return NativeFile.isSupported() ? NativeFile.open(path, false, direct) : null;
        } catch (IOException without) {
            return null; // then the threads read for them, as on other systems
        }
    }

    @Override
    int descriptorsPerFile() {
        return NativeFile.isSupported() ? 2 : 1;
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public String model() {
        return "buffered";
    }

    @Override
    public void close() {
        openNoMore();
        threads.close();
        openFiles.forEach(CountedFile::close);
    }
}
