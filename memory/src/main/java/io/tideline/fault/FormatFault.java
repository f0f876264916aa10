package io.tideline.fault;

/** A format that this version does not know: a newer or foreign one, or a flag it must not ignore. */
public final class FormatFault extends StoreFault {
    private static final long serialVersionUID = 1L;

    public FormatFault(String message) {
        super(message);
    }
}
