package io.tideline.checkpoint;

/** How the log of a checkpoint was written. */
public enum LogStyle {
    /** All of it to its own files; what was mutable is read-only since. */
    FOLD_OVER(1),
    /** Its end to a file aside; what was mutable stays so. */
    SNAPSHOT(2);

    /** What stands for it in a file. */
    final int code;

    LogStyle(int code) {
        this.code = code;
    }

    static LogStyle of(long code) {
        return values()[(int) code - 1];
    }
}
