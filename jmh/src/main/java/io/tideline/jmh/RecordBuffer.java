package io.tideline.jmh;

import io.tideline.cli.bench.work.OperationStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A key and a value outside the heap, used again and again: native code takes them from there and puts values there without a copy. */
final class RecordBuffer {

    private final ByteBuffer key;
    private final ByteBuffer value;

    /** @param keyOrder the order of the bytes of a key */
    RecordBuffer(int valueSize, ByteOrder keyOrder) {
        this.key = ByteBuffer.allocateDirect(Long.BYTES).order(keyOrder);
        this.value = ByteBuffer.allocateDirect(valueSize).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The buffer of the key, from its first byte to its last, with {@code word} in it. */
    ByteBuffer key(long word) {
        return key.clear().putLong(0, word);
    }

    /** The buffer of the value, from its first byte to its last, as it is. */
    ByteBuffer value() {
        return value.clear();
    }

    /** The buffer of the value with another first word. */
    ByteBuffer value(long firstWord) {
        return value.clear().putLong(0, firstWord);
    }

    /** The first word of the value. */
    long firstWord() {
        return value.getLong(0);
    }

    /** The buffer of the value with what a read-modify-write adds added. */
    ByteBuffer addOperand() {
        return value(firstWord() + OperationStream.RMW_OPERAND);
    }
}
