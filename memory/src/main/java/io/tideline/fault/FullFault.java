package io.tideline.fault;

/** There is no room for an append; everything already stored stays readable, and what is mutable stays changeable in place. */
public final class FullFault extends StoreFault {
    private static final long serialVersionUID = 1L;

    /** What there is no room in. */
    public enum Place {
        /** The memory of a log that has no device to spill to, where more memory, or {@code clear}, makes room; or the 2^48 addresses of any log, where nothing does. */
        LOG,
        /** The hash index: it must be configured with more buckets. */
        INDEX,
        /** The file system of the store, or the user's share of it: room that is made there is used without more ado. */
        DISK
    }

    private final Place place;

    public FullFault(Place place, String message) {
        this(place, message, null);
    }

    public FullFault(Place place, String message, Throwable cause) {
        super(message, cause);
        this.place = place;
    }

    /** What there is no room in. */
    public Place place() {
        return place;
    }
}
