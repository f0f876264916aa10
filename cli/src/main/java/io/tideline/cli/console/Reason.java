package io.tideline.cli.console;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.zip.ZipException;

/** Why the system refused a file, in words that stand behind "Cannot read FILE: ". */
public final class Reason {

    private Reason() {
    }

    public static String of(IOException refused) {
        return switch (refused) {
            case NoSuchFileException _ -> "there is no such file or directory";
            case AccessDeniedException _ -> "permission denied";
            case FileSystemException fault -> fault.getReason() == null ? fault.toString() : fault.getReason();
            case EOFException _ -> "it ends too early, as if it was cut off";
            case ZipException fault -> "it is damaged or not what its name says (" + fault.getMessage() + ")";
            default -> refused.getMessage() == null ? refused.toString() : refused.getMessage();
        };
    }
}
