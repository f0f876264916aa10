package io.tideline.core;

/** A place for a {@code long} result, owned by the caller and used again and again; untouched where an operation finds nothing. */
public final class LongHolder {
    public long value;

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
