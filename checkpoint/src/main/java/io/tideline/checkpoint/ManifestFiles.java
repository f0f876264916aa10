package io.tideline.checkpoint;

import io.tideline.hlog.Identity;
import io.tideline.hlog.device.Device;
import io.tideline.hlog.format.SealedFile;
import io.tideline.memory.Waits;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files MANIFEST-n of a directory, for whoever reads them; it changes nothing. */
public final class ManifestFiles {
    private static final String PREFIX = "MANIFEST-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "([1-9][0-9]{0,18})");

    private ManifestFiles() {
    }

    /** The name of a generation's file. */
    public static String name(long generation) {
        if (generation < 1) {
            throw new IllegalArgumentException("generation " + generation + "; they begin with 1");
        }
        return PREFIX + generation;
    }

    /** Which generation's file has that name, if any: each has one name, and what looks alike is none. */
    static OptionalLong generation(String name) {
        return number(NAME.matcher(name));
    }

    /** The first group as a number, which may be too large for one. */
    static OptionalLong number(Matcher matcher) {
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        String digits = matcher.group(1);
        boolean isLong = digits.length() < 19 || digits.compareTo(Long.toString(Long.MAX_VALUE)) <= 0;
        return isLong ? OptionalLong.of(Long.parseLong(digits)) : OptionalLong.empty();
    }

    /** The generations whose files are there, the oldest first; nothing is known of what is in them. */
    public static List<Long> generations(Device device) {
        return device.list().stream().map(ManifestFiles::generation).filter(OptionalLong::isPresent).map(OptionalLong::getAsLong).sorted().toList();
    }

    /**
     * A generation whose file is there.
     *
     * @throws io.tideline.fault.CorruptionFault if it is not as it was written
     * @throws io.tideline.fault.FormatFault if it is of a newer version, of another store, or of another configuration
     */
    public static Manifest read(Device device, Waits waits, Identity identity, long generation) {
        return SealedFile.readOurs(device, waits, name(generation), ManifestCodec.KIND, payload -> ManifestCodec.decode(payload, identity, generation));
    }

    /**
     * The same for who looks for damage, and goes on behind it: a manifest of another store is damage, too. An opening tells it apart, lest it falls
     * back over a file that somebody only has to put where it belongs.
     */
    public static Manifest readOfStore(Device device, Waits waits, Identity identity, long generation) {
        return SealedFile.readOurs(device, waits, name(generation), ManifestCodec.KIND,
                payload -> ManifestCodec.decode(payload.ofStore(identity.storeId()), identity, generation));
    }
}
