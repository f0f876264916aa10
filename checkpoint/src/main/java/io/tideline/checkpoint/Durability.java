package io.tideline.checkpoint;

/** What a checkpoint survives. */
public enum Durability {
    /** The death of the process: it was written and published, not synced. */
    PROCESS(1),
    /** A crash of the machine, too: everything was synced before it was published, and the directory afterwards. */
    DISK(2);

    /** What stands for it in a file. */
    final int code;

    Durability(int code) {
        this.code = code;
    }

    static Durability of(long code) {
        return values()[(int) code - 1];
    }
}
