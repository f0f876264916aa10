package io.tideline.cli.console;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The three standard streams of a run and what is behind them. Text is UTF-8 whatever the locale says, because tokens are bytes of the
 * input and must come out as they went in.
 *
 * @param in the standard input
 * @param out the standard output, buffered: who writes a line that somebody waits for flushes it
 * @param err the standard error
 * @param conversational whether a person types the input and sees the output
 * @param liveErrors whether the standard error is a terminal on which a line can be drawn again
 */
public record Streams(InputStream in, PrintStream out, PrintStream err, boolean conversational, boolean liveErrors) {

    private static final int OUTPUT_BUFFER_BYTES = 1 << 16;

    /** The streams of this process. */
    public static Streams ofProcess() {
        boolean conversational = isTerminal(0) && isTerminal(1);
        boolean liveErrors = isTerminal(2) && !"dumb".equals(System.getenv("TERM"));
        OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), OUTPUT_BUFFER_BYTES);
        return new Streams(
                new FileInputStream(FileDescriptor.in),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                conversational,
                liveErrors);
    }

    /** Linux tells each stream apart; elsewhere the JDK knows only whether the first two are a terminal, which stands for all three. */
    private static boolean isTerminal(int descriptor) {
        Path link = Path.of("/proc/self/fd", Integer.toString(descriptor));
        if (!Files.isSymbolicLink(link)) {
            return System.console() != null && System.console().isTerminal();
        }
        try {
            String target = Files.readSymbolicLink(link).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException closedDescriptor) {
            return false;
        }
    }
}
