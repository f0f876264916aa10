package io.tideline.fault;

/** The device or the operating system refused or failed a request. */
public final class IoFault extends StoreFault {
    private static final long serialVersionUID = 1L;

    public IoFault(String message) {
        super(message);
    }

    public IoFault(String message, Throwable cause) {
        super(message, cause);
    }
}
