package io.tideline.cli.count;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Reason;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;

/**
 * Input that flows by once, such as the standard input or a pipe. Where it is needed a second time, the first reading keeps its bytes in
 * a temporary file that has no name any more and so disappears with this process, however it ends.
 */
final class OneTimeInput implements InputUnit, AutoCloseable {

    /** Opens the stream when the reading begins. */
    @FunctionalInterface
    interface Opener {

        InputStream open() throws IOException;
    }

    private final String name;
    private final Opener opener;
    private final boolean keep;
    private FileChannel kept;

    OneTimeInput(String name, Opener opener, boolean keep) {
        this.name = name;
        this.opener = opener;
        this.keep = keep;
    }

    boolean isNamed(String other) {
        return name.equals(other);
    }

    @Override
    public synchronized void read(DocumentReader reader, LongConsumer sizeDone) {
        try {
            if (kept != null) {
                kept.position(0);
                reader.read(Document.whole(name, Channels.newInputStream(kept)));
                return;
            }
            try (InputStream bytes = opener.open()) {
                reader.read(Document.whole(name, keep ? new KeepingStream(bytes, openTemporary()) : bytes));
            }
        } catch (IOException refused) {
            throw new Failure("Cannot read " + name + ": " + Reason.of(refused) + ".", refused);
        }
    }

    private FileChannel openTemporary() throws IOException {
        Path file = Files.createTempFile("tideline-count-", ".input");
        kept = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
        return kept;
    }

    @Override
    public synchronized void close() throws IOException {
        if (kept != null) {
            kept.close();
        }
    }

    /** A stream whose bytes are written to a file as they are read. */
    private static final class KeepingStream extends FilterInputStream {

        private final FileChannel target;

        KeepingStream(InputStream in, FileChannel target) {
            super(in);
            this.target = target;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (count > 0) {
                ByteBuffer rest = ByteBuffer.wrap(bytes, offset, count);
                while (rest.hasRemaining()) {
                    target.write(rest);
                }
            }
            return count;
        }
    }
}
