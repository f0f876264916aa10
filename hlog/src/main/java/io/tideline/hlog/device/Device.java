package io.tideline.hlog.device;

import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The files of one directory, reached by one I/O model. This is the law that every device keeps and one suite of tests checks:
 *
 * <ol>
 *   <li>A transfer moves exactly the bytes asked for, or it ends in an {@link io.tideline.fault.IoFault}; then what it was to write or fill
 *       is undefined, and nothing else is touched. Reading behind the end of a file is such an error. {@code ENOSPC} is a
 *       {@link io.tideline.fault.FullFault}.
 *   <li>Every accepted {@link IoRequest} is completed, also by {@link #close}. A sound device completes it once; whoever waits survives
 *       completions that come out of order, late, or twice.
 *   <li>Requests under way at one moment happen in any order. Overlapping ones are the caller's mistake,
 *       unless what is written stands there already: then a read sees it, before and after.
 *   <li>A completed write is seen by every later read. A crash of the process loses no completed write; a crash of the machine may leave each
 *       sector that was written since the file's last successful {@linkplain DeviceFile#sync sync} as it was, as it became, or, if it lay
 *       behind the end of the file, as zeros, whatever the order of the writes.
 *   <li>A completed sync makes every write that was completed before it began survive a crash of the machine. After a failed one nobody
 *       knows which of them do; it must not be repeated as if it could succeed.
 *   <li>Creation, renaming and deletion of files survive a crash of the machine only after {@link #syncDirectory}; a rename is seen whole
 *       or not at all.
 *   <li>Interrupting a caller harms nothing: no thread of a caller does I/O that an interrupt could end.
 * </ol>
 *
 * Names are one or two parts of letters, digits, {@code .}, {@code _} and {@code -}, the first neither {@code .} nor {@code -}, joined
 * by {@code /}; the directory of two-part names is made when it is first needed. What is no plain file of such a name does not exist
 * here. Thread-safe. The methods here may block; {@link DeviceFile} says which of its own do not.
 */
public interface Device extends AutoCloseable {
    /** The least unit that a crash keeps or loses as a whole. */
    int SECTOR_BYTES = 512;

    /** Makes a new, empty file; an {@link io.tideline.fault.IoFault} if the name is taken. Only the owner may read and write it. */
    DeviceFile create(String name);

    /** Opens a file that is there, for reading and writing; an {@link io.tideline.fault.IoFault} if it is not. */
    DeviceFile open(String name);

    boolean exists(String name);

    /** The names of all files of the directory, one- and two-part, sorted. */
    List<String> list();

    /** Gives a file another name, replacing the file that had that name; an {@link io.tideline.fault.IoFault} if something else has it. */
    void rename(String from, String to);

    /** Removes a name. Open files stay readable until they are closed. */
    void delete(String name);

    /** Makes creations, renamings and deletions survive a crash of the machine. */
    void syncDirectory();

    /** What offsets, memory addresses and lengths of transfers must be multiples of; 1 where nothing is asked. */
    int alignmentBytes();

    /** The I/O model, in a word: {@code buffered}, {@code direct}, … */
    String model();

    /**
     * Why the model is not the one that was asked for; empty where it is. A device that can tell only when it opens a file says so from then
     * on; which model moves a file's bytes changes nothing of this contract, nor the alignment.
     */
    default String fallback() {
        return "";
    }

    /** How many more files the process may open here now, as far as the operating system tells; whatever else it opens needs of the same. */
    default long roomForFiles() {
        return Long.MAX_VALUE;
    }

    /**
     * Says how to make room where a call here meets the limit of the process, or of the system, for open files: then it asks, and tries again.
     *
     * <p>A device that asks does so on the thread of the caller, whatever that holds, and the closing of its files waits for transfers under way, but for no completion.
     *
     * @param giveBack closes files that are open and not needed at the moment; says whether there were any
     */
    default void onShortage(BooleanSupplier giveBack) {
        // there is no such limit
    }

    /** Waits for requests under way and gives everything back; idempotent. Requests and openings that come later end in an {@link io.tideline.fault.IoFault}. */
    @Override
    void close();
}
