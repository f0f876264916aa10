package io.tideline.checkpoint;

import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * An immutable list whose elements are rows of a few words each, made into objects only when they are asked for: it takes no more memory
 * than the file it came from.
 */
final class PackedList<T> extends AbstractList<T> implements RandomAccess {
    /** Makes an element of its words. */
    @FunctionalInterface
    interface Row<T> {
        T at(long[] words, int first);
    }

    private final long[] words;
    private final int rowWords;
    private final Row<T> row;

    /** @param words nobody changes them any more */
    PackedList(long[] words, int rowWords, Row<T> row) {
        this.words = words;
        this.rowWords = rowWords;
        this.row = row;
    }

    /** All rows, one after the other; not to be changed. */
    long[] words() {
        return words;
    }

    @Override
    public T get(int index) {
        Objects.checkIndex(index, size());
        return row.at(words, index * rowWords);
    }

    @Override
    public int size() {
        return words.length / rowWords;
    }
}
