package io.tideline.checkpoint;

import io.tideline.hlog.format.SealedPayload;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Checks that names in a file are text, without taking memory for each. Not thread-safe. */
final class Names {
    private final SealedPayload payload;
    private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT);
    private final CharBuffer characters = CharBuffer.allocate(SessionPoint.MAX_NAME_BYTES);

    Names(SealedPayload payload) {
        this.payload = payload;
    }

    /** The names of a {@link SessionTable} that is being read. */
    void check(long[] words, byte[] names, int offset) {
        ByteBuffer bytes = ByteBuffer.wrap(names);
        int begin = 0;
        for (int at = SessionTable.WORDS - 1; at < words.length; at += SessionTable.WORDS) {
            int end = (int) words[at];
            check(bytes, names, begin, end, offset);
            begin = end;
        }
    }

    /** @param offset of {@code bytes} in the file */
    void check(byte[] bytes, int begin, int end, int offset) {
        check(ByteBuffer.wrap(bytes), bytes, begin, end, offset);
    }

    private void check(ByteBuffer buffer, byte[] bytes, int begin, int end, int offset) {
        decoder.reset();
        characters.clear();
        buffer.clear().limit(end).position(begin);
        if (decoder.decode(buffer, characters, true).isError()) {
            throw payload.damage(offset + begin, "a name", "0x" + HexFormat.of().formatHex(bytes, begin, end), "UTF-8");
        }
    }
}
