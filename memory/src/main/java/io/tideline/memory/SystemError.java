package io.tideline.memory;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The errors of the operating system that are told from others. An {@link IOException} does not have their numbers, only the words of the C library, and those depend on the
 * library and on the language of the process: where one says <i>No space left on device</i>, another says <i>Auf dem Gerät ist kein Speicherplatz mehr verfügbar</i>.
 *
 * <p>So the library is asked for its words, all of them when this class is loaded, because where no descriptor is left it may be too late. What Tideline meets by itself it puts
 * into the English words of glibc; these are known everywhere, and alone they are where native access is denied and on systems other than Linux.
 */
public enum SystemError {
    PERMISSION_DENIED(Errno.EACCES),
    INVALID_ARGUMENT(Errno.EINVAL),
    /** To this process, or to all of them together. */
    NO_DESCRIPTOR_LEFT(Errno.EMFILE, Errno.ENFILE),
    /** On the disk, or of what the user may have of it. */
    NO_SPACE_LEFT(Errno.ENOSPC, Errno.EDQUOT),
    READ_ONLY_FILE_SYSTEM(Errno.EROFS);

    private final Set<String> texts;

    SystemError(int... errnos) {
        texts = IntStream.of(errnos).boxed().flatMap(errno -> Stream.of(Errno.text(errno), ErrorWords.of(errno))).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether something failed because of this. */
    public boolean isReasonOf(IOException failed) {
        return isReasonOf(failed, texts);
    }

    /** The words stand at the end, behind the name of a file in some, and then in brackets or not; a name proves nothing. */
    static boolean isReasonOf(IOException failed, Collection<String> texts) {
        String reason = failed instanceof FileSystemException named ? named.getReason() : failed.getMessage();
        return reason != null && texts.stream().anyMatch(text -> reason.endsWith(text) || reason.endsWith("(" + text + ")"));
    }
}
