package io.tideline.fault;

/** There is no room for an append; everything already stored stays readable, and what is mutable stays changeable in place. */
public final class FullFault extends StoreFault {
    private static final long serialVersionUID = 1L;

    public FullFault(String message) {
        super(message);
    }

    public FullFault(String message, Throwable cause) {
        super(message, cause);
    }
}
