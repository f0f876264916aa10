package io.tideline.checkpoint;

import io.tideline.hlog.device.Device;
import io.tideline.memory.Probe;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** The names of the files that a checkpoint writes beside the log, and their removal when no manifest names them any more. */
public final class CheckpointFiles {
    private static final String FOLDER = "checkpoints/";
    private static final Pattern PART = Pattern.compile("[a-z][a-z0-9]{0,31}");
    private static final Pattern NAME = Pattern.compile(FOLDER + "([1-9][0-9]{0,18})-" + PART);

    private CheckpointFiles() {
    }

    /**
     * The name of a file of a checkpoint.
     *
     * @param part what it is: small letters and digits
     */
    public static String name(long checkpoint, String part) {
        if (checkpoint < 1 || !PART.matcher(part).matches()) {
            throw new IllegalArgumentException("the file '" + part + "' of checkpoint " + checkpoint + "; parts are words in small letters, checkpoints begin with 1");
        }
        return FOLDER + checkpoint + "-" + part;
    }

    /** Removes what an attempt left that came to nothing, and had the number of a checkpoint that is still to be. */
    static void removeLeftover(Device device, long checkpoint, String part) {
        String name = name(checkpoint, part);
        if (device.exists(name)) {
            device.delete(name);
        }
    }

    /** Which checkpoint's file has that name, if any. */
    static OptionalLong number(String name) {
        return ManifestFiles.number(NAME.matcher(name));
    }

    /** Of these names the file of that part that belongs to the newest checkpoint that has one. */
    public static Optional<String> newest(Collection<String> names, String part) {
        return names.stream().filter(name -> number(name).isPresent() && name.endsWith("-" + part)).max(Comparator.comparingLong(name -> number(name).getAsLong()));
    }

    /**
     * The number of the newest manifest that must have been published, because files of the checkpoint behind it are there; those of the first prove
     * nothing, because it may have been cut short.
     */
    public static OptionalLong manifestBefore(Device device) {
        return device.list().stream().map(CheckpointFiles::number).mapToLong(number -> number.orElse(0)).filter(number -> number > 1).map(number -> number - 1).max();
    }

    /** Called while no checkpoint is being written, whose manifest is still to come. */
    static void removeRetired(Device device, StillNeeded needed) {
        for (String name : device.list()) {
            OptionalLong number = number(name);
            if (number.isPresent() && !needed.needsCheckpoint(number.getAsLong())) {
                device.delete(name);
                Probe.at("image.removed");
            }
        }
    }
}
