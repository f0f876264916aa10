package io.tideline.core;

/** The built-in read-modify-writes of 8-byte values. An absent key gets the operand. */
public enum Update implements LongRmw {
    /** Adds the operand, wrapping around. */
    ADD,
    /** Replaces by the operand. */
    PUT,
    /** Keeps the smaller, signed. */
    MIN,
    /** Keeps the greater, signed. */
    MAX;

    @Override
    public long onAbsent(long operand) {
        return operand;
    }

    @Override
    public long onPresent(long old, long operand) {
        return apply(this, old, operand);
    }

    /** The value that replaces {@code old}. By comparison and not by method of the constant, which the JIT could not inline. */
    static long apply(Update update, long old, long operand) {
        if (update == ADD) {
            return old + operand;
        }
        if (update == PUT) {
            return operand;
        }
        return update == MIN ? Math.min(old, operand) : Math.max(old, operand);
    }
}
