package io.tideline.fault;

/** Bytes that the store relies on are not the ones it wrote; none of them was served. */
public final class CorruptionFault extends StoreFault {
    private static final long serialVersionUID = 1L;

    public CorruptionFault(String message) {
        super(message);
    }
}
