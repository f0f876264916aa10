package io.tideline.hlog.device;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What can go wrong with one step of a disk, which steps it concerns, and how whatever meets it may end: at once, and in a later life on
 * the same disk. A fault that the device reports must be reported further; one that it hides must be survived or found.
 */
public enum Fault {
    /** The step fails. What a transfer was to write or fill is undefined; a change of the directory may have happened all the same. */
    EIO(EnumSet.allOf(Io.class), EnumSet.of(Outcome.IO_FAULT), EnumSet.of(Outcome.SUCCEEDS)),

    /** Only the first bytes are transferred, and the device says so. */
    SHORT(EnumSet.of(Io.READ, Io.WRITE), EnumSet.of(Outcome.IO_FAULT), EnumSet.of(Outcome.SUCCEEDS)),

    /** Some sectors of a write are stored, others not, and the device says nothing. */
    TORN(EnumSet.of(Io.WRITE), Fault.hidden(), Fault.hidden()),

    /** A write is acknowledged and never stored. */
    LOST(EnumSet.of(Io.WRITE), Fault.hidden(), Fault.hidden()),

    /** A transfer happens, but at another place of this or another file. */
    MISDIRECTED(EnumSet.of(Io.READ, Io.WRITE), Fault.hidden(), Fault.hidden()),

    /** A sync is acknowledged, and nothing was made to survive. */
    LYING_SYNC(EnumSet.of(Io.SYNC, Io.SYNC_DIRECTORY), EnumSet.of(Outcome.SUCCEEDS), Fault.hidden()),

    /** A sync fails, some of the writes survive, and the others are forgotten: a later sync succeeds without them. */
    SYNC_FAILS(EnumSet.of(Io.SYNC, Io.SYNC_DIRECTORY), EnumSet.of(Outcome.IO_FAULT), EnumSet.of(Outcome.SUCCEEDS)),

    /** There is no room, perhaps after the first bytes; of a sync, which learns it late where a file system takes writes before it finds room for them, it is a {@link #SYNC_FAILS} with that reason. */
    ENOSPC(EnumSet.of(Io.WRITE, Io.CREATE, Io.SYNC), EnumSet.of(Outcome.FULL_FAULT), EnumSet.of(Outcome.SUCCEEDS)),

    /** One bit of what is read is another one than what is stored. */
    BIT_FLIP_ON_READ(EnumSet.of(Io.READ), Fault.hidden(), EnumSet.of(Outcome.SUCCEEDS)),

    /** The sectors are read as they were before they were last written. */
    STALE_READ(EnumSet.of(Io.READ), Fault.hidden(), EnumSet.of(Outcome.SUCCEEDS)),

    /** A sector cannot be read any more until it is written again. */
    BAD_SECTOR(EnumSet.of(Io.READ), EnumSet.of(Outcome.IO_FAULT), EnumSet.of(Outcome.SUCCEEDS, Outcome.IO_FAULT)),

    /** The request is not completed before the file or the device is closed, and then with a failure. */
    STALL(Fault.transfers(), EnumSet.of(Outcome.STALLS, Outcome.IO_FAULT), EnumSet.of(Outcome.SUCCEEDS)),

    /** The request is carried out and completed only after a few later ones, or when nothing else happens. */
    LATE(Fault.transfers(), EnumSet.of(Outcome.SUCCEEDS), EnumSet.of(Outcome.SUCCEEDS)),

    /** The completion comes again, at once and once more after later requests, and says the contrary. */
    DOUBLE_COMPLETION(Fault.transfers(), EnumSet.of(Outcome.SUCCEEDS), EnumSet.of(Outcome.SUCCEEDS)),

    /** The completion comes on a thread that nobody has seen before. */
    FOREIGN_THREAD(Fault.transfers(), EnumSet.of(Outcome.SUCCEEDS), EnumSet.of(Outcome.SUCCEEDS)),

    /** The machine stops: this step may have happened in part, and every later one fails. What is left is told by {@link SimulatedDisk#crash}. */
    POWER_LOSS(EnumSet.allOf(Io.class), EnumSet.of(Outcome.IO_FAULT), EnumSet.of(Outcome.SUCCEEDS));

    private final Set<Io> concerned;
    private final Set<Outcome> allowed;
    private final Set<Outcome> allowedAfterwards;

    Fault(EnumSet<Io> concerned, EnumSet<Outcome> allowed, EnumSet<Outcome> allowedAfterwards) {
        this.concerned = Collections.unmodifiableSet(concerned);
        this.allowed = Collections.unmodifiableSet(allowed);
        this.allowedAfterwards = Collections.unmodifiableSet(allowedAfterwards);
    }

    /** Wrong bytes are never served: they are not needed, or found out; behind an end that did not move, reading fails. */
    private static EnumSet<Outcome> hidden() {
        return EnumSet.of(Outcome.SUCCEEDS, Outcome.CORRUPTION_FAULT, Outcome.IO_FAULT);
    }

    private static EnumSet<Io> transfers() {
        return EnumSet.of(Io.READ, Io.WRITE, Io.SYNC);
    }

    public boolean concerns(Io io) {
        return concerned.contains(io);
    }

    /** How the life that meets it may end. */
    public Set<Outcome> allowed() {
        return allowed;
    }

    /** How the opening of what it left behind may end, on a disk that is sound from then on. */
    public Set<Outcome> allowedAfterwards() {
        return allowedAfterwards;
    }
}
