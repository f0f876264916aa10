package io.tideline.cli.bench.work;

import java.util.Arrays;
import java.util.Locale;

/** How often each key is touched. */
public enum Distribution {

    /** All keys alike. */
    UNIFORM,
    /** A few keys very often, scattered over all of them (θ = 0.99). */
    ZIPF,
    /** The newer a key, the more often, with the same shape as {@link #ZIPF}. */
    LATEST;

    /** The distribution that an option names, or an {@link IllegalArgumentException} with a sentence that lists them all. */
    public static Distribution parse(String text) {
        return Arrays.stream(values()).filter(distribution -> distribution.toString().equals(text)).findAny().orElseThrow(() ->
                new IllegalArgumentException("'" + text + "' is not a distribution; choose one of uniform, zipf, latest"));
    }

    /** The distribution as options name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
