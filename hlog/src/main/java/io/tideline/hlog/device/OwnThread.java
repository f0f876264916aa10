package io.tideline.hlog.device;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Carries out a rare call on a channel on a thread that nobody else knows, and waits for it. An interrupt of the caller would otherwise close
 * the channel for everybody, or break off a sync.
 */
final class OwnThread {
    /** A call on a channel. */
    interface Task<T> {
        T run() throws IOException;
    }

    private OwnThread() {
    }

    /** The caller's interrupt stays with the caller. */
    static <T> T run(Task<T> task) throws IOException {
        FutureTask<T> future = new FutureTask<>(task::run);
        Thread.ofPlatform().daemon().name("tideline-io once").start(future);
        boolean interrupted = false;
        try {
            for (;;) {
                try {
                    return future.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException failed) {
            switch (failed.getCause()) {
                case IOException cause -> throw cause;
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case Throwable cause -> throw new IOException(cause);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes the names in a directory survive a crash of the machine. */
    static void syncDirectory(Path directory) throws IOException {
        run(() -> {
            try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
                names.force(true);
            }
            return null;
        });
    }
}
