package io.tideline.cli.count;

import io.tideline.cli.console.Failure;
import io.tideline.cli.console.Reason;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * A stretch of a plain file, so that several threads can count one large file.
 *
 * @param start where it begins in the file
 * @param ownedBytes how long it is, {@link Long#MAX_VALUE} if it goes to the end of the file
 */
record FileSlice(Path file, long start, long ownedBytes) implements InputUnit {

    @Override
    public void read(DocumentReader reader, LongConsumer sizeDone) {
        try (FileChannel channel = FileChannel.open(file)) {
            boolean startsInsideToken = start > 0 && Tokenizer.isInToken(byteBeforeStart(channel));
            channel.position(start);
            InputStream bytes = new MeteredStream(Channels.newInputStream(channel), sizeDone);
            reader.read(new Document(file.toString(), bytes, startsInsideToken, ownedBytes));
        } catch (IOException refused) {
            throw new Failure("Cannot read " + file + ": " + Reason.of(refused) + ".", refused);
        }
    }

    private byte byteBeforeStart(FileChannel channel) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        if (channel.read(one, start - 1) != 1) {
            throw new EOFException("the file shrank while it was read");
        }
        return one.get(0);
    }
}
